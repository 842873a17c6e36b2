--- `:checkhealth offloop`: what keeps the server from running, and what it says of itself.

local M = {}

local ANSWER_MILLISECONDS = 5000

local function check_neovim()
  local version = vim.version()
  local name = ('Neovim %d.%d.%d'):format(version.major, version.minor, version.patch)
  if vim.fn.has('nvim-0.11') == 1 then
    vim.health.ok(name)
    return true
  end
  vim.health.error(name .. ' is too old, 0.11 is needed')
  return false
end

local function check_command(config)
  local cmd = type(config.cmd) == 'table' and config.cmd or { 'offloop', 'server' }
  if vim.fn.executable(cmd[1]) == 0 then
    vim.health.error(('`%s` is not an executable on the PATH'):format(cmd[1]), {
      'pip install offloop (or pipx install offloop, uv tool install offloop)',
      "or name it: vim.lsp.config('offloop', { cmd = { '/path/to/offloop', 'server' } })",
    })
    return
  end
  local words = {}
  for _, word in ipairs(cmd) do
    if word == 'server' then
      break
    end
    words[#words + 1] = word
  end
  words[#words + 1] = '--version'
  local is_started, done = pcall(function()
    return vim.system(words, { text = true }):wait(ANSWER_MILLISECONDS)
  end)
  if not is_started then
    vim.health.error(('`%s` cannot be started: %s'):format(vim.fn.exepath(cmd[1]), done), {
      'the Python that it is installed in may have been removed or moved: install offloop again',
    })
  elseif done.code == 0 then
    vim.health.ok(('%s: %s'):format(vim.fn.exepath(cmd[1]), vim.trim(done.stdout)))
  else
    local said = vim.split(vim.trim((done.stderr or '') .. (done.stdout or '')), '\n')
    vim.health.error(
      ('`%s` ended with exit code %d: %s'):format(table.concat(words, ' '), done.code, said[#said]),
      { 'run it in a terminal; offloop needs Python 3.11 or newer' }
    )
  end
end

local function check_enabled()
  if vim.lsp.is_enabled and not vim.lsp.is_enabled('offloop') then
    vim.health.warn('not enabled', { "vim.lsp.enable('offloop')" })
  else
    vim.health.ok('enabled')
  end
end

local function check_clients()
  vim.health.info('log: ' .. vim.lsp.log.get_filename())
  local clients = vim.lsp.get_clients({ name = 'offloop' })
  if #clients == 0 then
    vim.health.info(
      'no server runs: it starts for Python files of a Home Assistant integration (a manifest.json with a domain, '
        .. 'a folder in custom_components), of Home Assistant, or that import homeassistant'
    )
  end
  for _, client in ipairs(clients) do
    local buffers = vim.tbl_count(client.attached_buffers)
    vim.health.ok(('server for %s, %d buffer(s)'):format(client.root_dir or 'no folder', buffers))
    local asked = { command = 'offloop.debugInformation' }
    local answer, problem = client:request_sync('workspace/executeCommand', asked, ANSWER_MILLISECONDS)
    if answer and type(answer.result) == 'string' then
      vim.health.info(answer.result)
    else
      local why = problem or (answer and answer.err and answer.err.message) or 'no answer'
      vim.health.warn('the server does not answer: ' .. why, { ':LspOffloopRestart' })
    end
  end
end

function M.check()
  vim.health.start('offloop')
  if not check_neovim() then
    return
  end
  local config = vim.lsp.config.offloop
  if not config then
    vim.health.error('lsp/offloop.lua is not on the runtimepath', { '`offloop editor nvim` prints how' })
    return
  end
  check_command(config)
  check_enabled()
  check_clients()
end

return M
