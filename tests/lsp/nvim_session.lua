-- nvim --headless --clean -l nvim_session.lua FILE SERVER...   prints one JSON object; exit code 2 is a time-out.
-- Opens FILE, waits for a diagnostic, applies the preferred quick fix as a user's key does, and sees it go.
local patience = tonumber(os.getenv("OFFLOOP_TEST_TIMEOUT") or "60") * 1000
local file, command = vim.fn.fnamemodify(arg[1], ":p"), vim.list_slice(arg, 2)
local seen = { pushed = 0 }

local function finish(code)
  io.stdout:write(vim.json.encode(seen) .. "\n")
  io.stdout:flush()
  os.exit(code)
end

local function wait(what, condition)
  if not vim.wait(patience, condition, 10) then
    seen.timed_out = what
    finish(2)
  end
end

local push = vim.lsp.handlers["textDocument/publishDiagnostics"]
vim.lsp.config("offloop", {
  cmd = command,
  filetypes = { "python" },
  root_dir = vim.fs.dirname(file),
  init_options = { settings = vim.json.decode(os.getenv("OFFLOOP_TEST_SETTINGS") or "{}") },
  handlers = {
    ["textDocument/publishDiagnostics"] = function(...)
      seen.pushed = seen.pushed + 1
      return push(...)
    end,
  },
})
vim.lsp.enable("offloop")
vim.o.swapfile = false
vim.cmd("filetype on")
vim.cmd.edit(vim.fn.fnameescape(file))

local buffer = vim.api.nvim_get_current_buf()
local function found()
  return vim.diagnostic.get(buffer)
end

local client
wait("initialize", function()
  client = vim.lsp.get_clients({ bufnr = buffer, name = "offloop" })[1]
  return client and client.initialized
end)
seen.encoding = client.offset_encoding

wait("a diagnostic", function()
  return #found() > 0
end)
seen.before = vim.tbl_map(function(one)
  return { line = one.lnum, column = one.col, code = one.code, source = one.source, message = one.message }
end, found())

local first = found()[1]
vim.api.nvim_win_set_cursor(0, { first.lnum + 1, first.col })
vim.lsp.buf.hover()
vim.lsp.buf.code_action({
  apply = true,
  context = { only = { "quickfix" } },
  filter = function(action)
    return action.isPreferred == true
  end,
})
wait("the diagnostic to go", function()
  return #found() == 0
end)
seen.text = table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), "\n")

vim.cmd.undo()
wait("the diagnostic to come back", function()
  return #found() > 0
end)

client:stop()
wait("the server to stop", function()
  return client:is_stopped()
end)
seen.log = vim.fn.filereadable(vim.lsp.log.get_filename()) == 1 and vim.fn.readfile(vim.lsp.log.get_filename()) or {}
finish(0)
