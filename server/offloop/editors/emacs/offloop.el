;;; offloop.el --- offloop in Emacs, with Eglot  -*- lexical-binding: t -*-

;; Eglot is a part of Emacs 29, and a package for Emacs 26.3 to 28. Put this into your init file, or load this
;; file from there:
;;
;;   (load "THE FOLDER THAT `offloop editor emacs --path' PRINTS/offloop")
;;
;; Then M-x eglot in a Python file of an integration. Eglot runs one server for a buffer: this one takes the place
;; of another for Python. If you want yours in other projects, leave this out, and answer the question of
;; C-u M-x eglot with: offloop server
;;
;; Settings are the README's, in camelCase, under :offloop of `eglot-workspace-configuration', best in the
;; .dir-locals.el of the project:
;;
;;   ((python-base-mode . ((eglot-workspace-configuration . (:offloop (:homeAssistant "/path/to/core"))))))

;; Tried in Emacs 28.2 with Eglot 1.9 on Linux, without a window: findings as they change, M-x eglot-code-actions and
;; the fix, saving, shutting down. (M-x eglot-code-action-quickfix of that Eglot does nothing, with any server.)
;; Not tried: the Eglot of Emacs 29 and newer, lsp-mode, other systems.

;;; Code:

(defvar eglot-server-programs)

(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs '((python-mode python-ts-mode) . ("offloop" "server"))))

(provide 'offloop)
;;; offloop.el ends here
