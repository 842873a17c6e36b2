---@brief
---
--- https://github.com/offloop/offloop
---
--- `offloop server` finds Home Assistant thread-safety bugs. Install it with `pip install offloop`, put the
--- folder that this file's folder lies in on the runtimepath (`offloop editor nvim` prints how), and:
---
--- ```lua
--- vim.lsp.enable('offloop')
--- ```
---
--- It starts for Python files of an integration, of Home Assistant itself, and for those that import
--- `homeassistant`. Settings are those of the README, in camelCase:
---
--- ```lua
--- vim.lsp.config('offloop', { settings = { offloop = { homeAssistant = '~/core' } } })
--- ```
---
--- For folders that you do not trust, `init_options = { untrustedWorkspace = true }`: their files are only read.
---
--- Commands in such a buffer: `:LspOffloopShowWhy` (the way to the finding, or why a function runs where it runs,
--- in the location list; with `!` in the quickfix list), `:LspOffloopExplain`, `:LspOffloopFix`,
--- `:LspOffloopFixAll`, `:LspOffloopFixFunction`, `:LspOffloopRestart`, `:LspOffloopCatalog`, `:LspOffloopInfo`.
--- `:lua vim.lsp.inlay_hint.enable()` shows where functions run. `:checkhealth offloop` says what is missing.
--- `vim.lsp.buf.code_action({ apply = true, context = { only = { 'quickfix' } } })` applies the preferred fix.
---
--- Needs Neovim 0.11. Tried in 0.11.4 on Linux: all of the above, completion, lenses, beside another server, a server
--- that dies or cannot start, folders and environments that are removed. Not tried: 0.12, other systems.

local COMMAND = { 'offloop', 'server' }
local IMPORT = '^%s*from%s+homeassistant[%s%.]'
local IMPORT_WHOLE = '^%s*import%s+homeassistant'
local SEARCHED_LINES = 200
local PROJECT = { 'offloop.toml', 'pyproject.toml', 'hacs.json', '.git' }
local STOP_MILLISECONDS = 3000

local function say(text, level)
  vim.notify('offloop: ' .. text, level or vim.log.levels.INFO)
end

-- Where a buffer belongs ----------------------------------------------------------------------------------

local function exists(...)
  return vim.uv.fs_stat(vim.fs.joinpath(...)) ~= nil
end

--- An integration's manifest names its domain; other software has files of that name too.
local function is_integration(folder)
  if vim.fs.basename(vim.fs.dirname(folder)) == 'custom_components' then
    return true
  end
  local file = io.open(vim.fs.joinpath(folder, 'manifest.json'), 'r')
  if not file then
    return false
  end
  local text = file:read('*a')
  file:close()
  return text ~= nil and text:find('"domain"%s*:') ~= nil
end

local function imports_home_assistant(bufnr)
  for _, line in ipairs(vim.api.nvim_buf_get_lines(bufnr, 0, SEARCHED_LINES, false)) do
    if line:find(IMPORT) or line:find(IMPORT_WHOLE) then
      return true
    end
  end
  return false
end

--- The project of an integration; where nothing marks one, the folder that holds custom_components.
local function project_of(integration)
  local parent = vim.fs.dirname(integration)
  local outer = vim.fs.basename(parent) == 'custom_components' and vim.fs.dirname(parent) or integration
  return vim.fs.root(outer, { PROJECT }) or outer
end

--- The folder to serve for a buffer; nil where no Home Assistant code is. Installed packages are left out, and
--- the core of an unpacked release: who follows a finding into Home Assistant's own source only reads there.
local function root_of(bufnr)
  local path = vim.fs.normalize(vim.api.nvim_buf_get_name(bufnr))
  if path == '' or path:find('^%w%w+://') or path:find('/site%-packages/') or path:find('/dist%-packages/') then
    return nil
  end
  local integration
  for folder in vim.fs.parents(path) do
    if exists(folder, 'homeassistant', 'const.py') then
      local is_checkout = exists(folder, '.git') or exists(folder, 'pyproject.toml')
      return (is_checkout or integration) and folder or nil
    end
    integration = integration or (is_integration(folder) and folder)
  end
  if integration then
    return project_of(integration)
  end
  local repository = vim.fs.root(bufnr, { { 'hacs.json', 'custom_components' } })
  if repository or not imports_home_assistant(bufnr) then
    return repository
  end
  return vim.fs.root(bufnr, { PROJECT }) or vim.fs.dirname(path)
end

local function root_dir(bufnr, on_dir)
  local root = root_of(bufnr)
  if root == nil then
    return
  end
  if type(vim.lsp.config.offloop.cmd) == 'function' and vim.fn.executable(COMMAND[1]) == 0 then
    -- Not at once: an error inside of the autocommand would spoil the opening of the file.
    return vim.schedule(function()
      vim.notify_once(
        'offloop: the command `offloop` is not on the PATH. Install it with `pip install offloop` (or pipx, uv tool), '
          .. "or name it: vim.lsp.config('offloop', { cmd = { '/path/to/offloop', 'server' } })",
        vim.log.levels.ERROR
      )
    end)
  end
  on_dir(root)
end

-- Commands ------------------------------------------------------------------------------------------------

local function client_of(bufnr)
  return vim.lsp.get_clients({ bufnr = bufnr, name = 'offloop' })[1]
end

--- Run one of the server's commands for a buffer; what goes wrong is said.
local function ask(bufnr, command, argument, on_answer)
  local client = client_of(bufnr)
  if not client then
    return say('no server runs for this buffer; :checkhealth offloop says more', vim.log.levels.WARN)
  end
  local asked = { command = command, arguments = argument and { argument } or nil }
  client:request('workspace/executeCommand', asked, function(problem, answer)
    if problem then
      say(problem.message, vim.log.levels.WARN)
    else
      on_answer(answer, client)
    end
  end, bufnr)
end

--- The finding under the cursor, else the first one on its line.
local function finding_at_cursor(bufnr)
  local line, column = unpack(vim.api.nvim_win_get_cursor(0))
  local first
  for _, one in ipairs(vim.diagnostic.get(bufnr, { lnum = line - 1 })) do
    if one.source == 'offloop' then
      if one.col <= column and column < math.max(one.end_col, one.col + 1) then
        return one
      end
      first = first or one
    end
  end
  return first
end

--- What the commands take for the place of the cursor.
local function cursor_of(bufnr)
  local client = client_of(bufnr)
  local params = vim.lsp.util.make_position_params(0, client and client.offset_encoding or 'utf-8')
  return { uri = vim.uri_from_bufnr(bufnr), position = params.position }
end

local function why_at_cursor(bufnr)
  local finding = finding_at_cursor(bufnr)
  local fingerprint = vim.tbl_get(finding or {}, 'user_data', 'lsp', 'data', 'fingerprint')
  return fingerprint and { uri = vim.uri_from_bufnr(bufnr), fingerprint = fingerprint } or cursor_of(bufnr)
end

--- The steps of a trace as entries of a quickfix list; those in a Home Assistant whose source is not at hand
--- lead nowhere.
local function entries_of(steps, encoding)
  return vim.tbl_map(function(step)
    if type(step.uri) ~= 'string' or type(step.range) ~= 'table' then
      return { text = ('%s: %s'):format(step.label, step.message), valid = 0 }
    end
    local place = vim.lsp.util.locations_to_items({ { uri = step.uri, range = step.range } }, encoding)[1]
    return { filename = place.filename, lnum = place.lnum, col = place.col, text = step.message }
  end, steps)
end

local function show_why(bufnr, place, in_quickfix)
  ask(bufnr, 'offloop.showWhy', place, function(why, client)
    if type(why) ~= 'table' then
      return say('nothing is known of this place')
    end
    local list = { title = vim.split(why.title, '\n')[1], items = entries_of(why.steps, client.offset_encoding) }
    if in_quickfix then
      vim.fn.setqflist({}, ' ', list)
      vim.cmd.copen()
    else
      vim.fn.setloclist(0, {}, ' ', list)
      vim.cmd.lopen()
    end
  end)
end

local function apply(only, filter)
  vim.lsp.buf.code_action({ apply = true, context = { only = { only } }, filter = filter })
end

local function show_text(text, filetype)
  vim.cmd.new()
  local bufnr = vim.api.nvim_get_current_buf()
  vim.bo[bufnr].buftype, vim.bo[bufnr].bufhidden, vim.bo[bufnr].swapfile = 'nofile', 'wipe', false
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, vim.split(vim.trim(text), '\n'))
  vim.bo[bufnr].filetype, vim.bo[bufnr].modifiable = filetype, false
end

local function explain(bufnr, code)
  local finding = finding_at_cursor(bufnr)
  code = code ~= '' and code or (finding and finding.code)
  if not code then
    return say('there is no finding on this line; name a rule: :LspOffloopExplain HAT101')
  end
  ask(bufnr, 'offloop.explainRule', { code = code }, function(rule)
    show_text(rule.markdown, 'markdown')
  end)
end

--- Start a new server for all buffers of a client, also where the old one has died.
local function restart(config, buffers)
  local old = vim.tbl_filter(function(client)
    return client.config.root_dir == config.root_dir
  end, vim.lsp.get_clients({ name = 'offloop', _uninitialized = true }))
  for _, client in ipairs(old) do
    vim.list_extend(buffers, vim.tbl_keys(client.attached_buffers))
    client:stop()
  end
  local waited = 0
  local timer = assert(vim.uv.new_timer())
  timer:start(0, 50, vim.schedule_wrap(function()
    if timer:is_closing() then
      return
    end
    waited = waited + 50
    local running = vim.tbl_filter(function(client)
      return not client:is_stopped()
    end, old)
    if #running > 0 and waited < STOP_MILLISECONDS then
      return
    end
    timer:close()
    for _, client in ipairs(running) do
      client:stop(true)
    end
    for _, bufnr in ipairs(buffers) do
      if vim.api.nvim_buf_is_loaded(bufnr) then
        vim.lsp.start(config, { bufnr = bufnr })
      end
    end
  end))
end

local function add_commands(client, bufnr)
  local config = client.config
  local function command(name, description, run, options)
    options = vim.tbl_extend('force', { desc = description }, options or {})
    vim.api.nvim_buf_create_user_command(bufnr, 'LspOffloop' .. name, run, options)
  end
  command('ShowWhy', 'Show why there is a finding, or why a function runs where it runs', function(called)
    show_why(bufnr, why_at_cursor(bufnr), called.bang)
  end, { bang = true })
  command('Explain', 'Explain a rule, by default that of the finding on this line', function(called)
    explain(bufnr, called.args)
  end, { nargs = '?' })
  command('Fix', 'Apply the preferred fix of the finding under the cursor', function()
    apply('quickfix', function(action)
      return action.isPreferred == true and vim.tbl_get(action, 'diagnostics', 1, 'source') == 'offloop'
    end)
  end)
  command('FixAll', 'Apply all safe fixes of this file', function()
    apply('source.fixAll.offloop')
  end)
  command('FixFunction', 'Apply all safe fixes of the function under the cursor', function()
    ask(bufnr, 'offloop.fixAllInFunction', cursor_of(bufnr), function(done)
      say(('%d fixed'):format(done.applied and done.count or 0))
    end)
  end)
  command('Restart', 'Start the offloop server anew', function()
    restart(config, { bufnr })
  end)
  command('Catalog', 'Show what the Home Assistant that is checked against says about threads', function()
    ask(bufnr, 'offloop.showCatalog', { uri = vim.uri_from_bufnr(bufnr) }, function(catalog)
      if type(catalog) == 'table' then
        show_text(catalog.label .. '\n\n' .. catalog.text, 'text')
      end
    end)
  end)
  command('Info', 'Show what the offloop server knows of itself', function()
    ask(bufnr, 'offloop.debugInformation', nil, function(text)
      show_text(text, 'text')
    end)
  end)
end

-- What the server cannot see by itself --------------------------------------------------------------------

--- Neovim watches no files on Linux: tell the server what was written here, and let it look when Neovim gets the
--- focus again, since files may have changed outside.
local function watch(client)
  local group = vim.api.nvim_create_augroup('offloop.watch.' .. client.id, { clear = true })
  local function changed(paths)
    if client:is_stopped() then
      return vim.api.nvim_del_augroup_by_id(group)
    end
    local kind = vim.lsp.protocol.FileChangeType.Changed
    client:notify('workspace/didChangeWatchedFiles', {
      changes = vim.tbl_map(function(path)
        return { uri = vim.uri_from_fname(path), type = kind }
      end, paths),
    })
  end
  vim.api.nvim_create_autocmd('BufWritePost', {
    group = group,
    pattern = { 'pyproject.toml', 'offloop.toml', 'manifest.json' },
    callback = function(event)
      changed({ vim.fs.normalize(event.match) })
    end,
  })
  vim.api.nvim_create_autocmd('FocusGained', {
    group = group,
    callback = function()
      local loaded = vim.tbl_filter(vim.api.nvim_buf_is_loaded, vim.tbl_keys(client.attached_buffers))
      changed(vim.tbl_map(vim.api.nvim_buf_get_name, loaded))
    end,
  })
end

local function on_attach(client, bufnr)
  add_commands(client, bufnr)
  watch(client)
end

local function on_exit(code, signal)
  if code ~= 0 or (signal ~= 0 and signal ~= 15) then
    local text = ('the server ended (exit code %d, signal %d). '):format(code, signal)
    vim.schedule(function()
      say(text .. ':LspOffloopRestart starts it again, :checkhealth offloop tells more', vim.log.levels.WARN)
    end)
  end
end

---@type vim.lsp.Config
return {
  -- A function, so that root_dir is asked first and can say that the command is missing, once and only where it
  -- matters; a table in your own vim.lsp.config works as well.
  cmd = function(dispatchers, config)
    local process = config and { cwd = config.cmd_cwd, env = config.cmd_env, detached = config.detached }
    local is_started, client = pcall(vim.lsp.rpc.start, COMMAND, dispatchers, process)
    if not is_started then
      error(
        ('offloop: %s cannot be started; was the Python that it is installed in removed? :checkhealth offloop'):format(
          vim.fn.exepath(COMMAND[1])
        ),
        0
      )
    end
    return client
  end,
  filetypes = { 'python' },
  root_dir = root_dir,
  workspace_required = true,
  settings = { offloop = vim.empty_dict() },
  init_options = { ui = { showWhy = true, oneQuickFix = true } },
  -- The code action and the lens of that name.
  commands = {
    ['offloop.showWhy'] = function(command, context)
      show_why(context.bufnr, command.arguments[1])
    end,
  },
  on_attach = on_attach,
  on_exit = on_exit,
}
