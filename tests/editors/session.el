;;; What a user does in Emacs: opens a file, M-x eglot, sees the finding, takes the default quick fix, saves.
;;; emacs --batch -l SHIPPED/offloop.el -l session.el FILE; prints a line a step.

(require 'eglot)

(defvar file (pop command-line-args-left))
(defvar patience (string-to-number (or (getenv "OFFLOOP_TEST_TIMEOUT") "60")))
(setq make-backup-files nil
      ;; As if a key had been pressed: else a menu would pop up.
      last-nonmenu-event ?x)

;; Eglot tells of changes when Emacs is idle, which it never is in a batch, or is saved.
(defun wait-for (what test)
  (with-timeout (patience (error "Waited in vain for %s" what))
    (while (not (funcall test)) (accept-process-output nil 0.05))))

(defun tell (what value) (princ (format "\n%s: %s\n" what value)))

(find-file file)
(call-interactively #'eglot)
(wait-for "a finding" #'flymake-diagnostics)
(dolist (found (flymake-diagnostics))
  (tell "finding" (car (split-string (flymake-diagnostic-text found) "\n")))
  (tell "line" (line-number-at-pos (flymake-diagnostic-beg found)))
  (tell "text" (buffer-substring (flymake-diagnostic-beg found) (flymake-diagnostic-end found))))
(goto-char (flymake-diagnostic-beg (car (flymake-diagnostics))))
(call-interactively #'eglot-code-actions)
(save-buffer)
(wait-for "the finding to go" (lambda () (null (flymake-diagnostics))))
(goto-char (point-max))
(insert "    def turn_off(self, **kwargs):\n        self.hass.bus.async_fire(\"ö 🏠\"); self.hass.bus.async_fire(\"y\")\n")
(save-buffer)
(wait-for "findings of what is typed" (lambda () (= 2 (length (flymake-diagnostics)))))
(defun column-of (found)
  (save-excursion
    (goto-char (flymake-diagnostic-beg found))
    (- (point) (line-beginning-position))))
(tell "columns" (sort (mapcar #'column-of (flymake-diagnostics)) #'<))
(goto-char (flymake-diagnostic-beg (car (flymake-diagnostics))))
(delete-region (line-beginning-position 0) (point-max))
(save-buffer)
(wait-for "the findings to go" (lambda () (null (flymake-diagnostics))))
(tell "server" (eglot-project-nickname (eglot-current-server)))
(call-interactively #'eglot-shutdown)
(tell "done" t)
