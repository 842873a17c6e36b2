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

;; Not tried in Emacs itself yet.

;;; Code:

(defvar eglot-server-programs)

(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs '((python-mode python-ts-mode) . ("offloop" "server"))))

(provide 'offloop)
;;; offloop.el ends here
