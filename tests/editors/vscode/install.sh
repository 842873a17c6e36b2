#!/usr/bin/env bash
# install.sh FOLDER: the VS Code that the tests drive (code-server 4.100.3 is VS Code 1.100.3, the last for Node 20).
# Its own installation wants to be no root user and compiles what the tests do not use; argon2 alone is needed to start.
set -euo pipefail
mkdir -p "$1"
cd "$1"
[ -f node_modules/code-server/installed ] && exit 0
npm install --ignore-scripts --no-audit --no-fund --loglevel=error code-server@4.100.3
gyp="$(dirname "$(readlink -f "$(command -v npm)")")/../node_modules/node-gyp/bin/node-gyp.js"
node_folder="$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")"
[ -f "$node_folder/include/node/node.h" ] && export npm_config_nodedir="$node_folder"
(cd node_modules/argon2 && npm_config_node_gyp="$gyp" PATH="$(dirname "$gyp"):$PATH" \
  node ../@mapbox/node-pre-gyp/bin/node-pre-gyp install --build-from-source >../argon2.log 2>&1) ||
  { cat node_modules/argon2.log; exit 1; }
(cd node_modules/code-server/lib/vscode && npm install --ignore-scripts --omit=dev --no-audit --no-fund --loglevel=error)
# Searching for files is ripgrep's work, which its package downloads; the system's does as well.
if rg="$(command -v rg)"; then
  mkdir -p node_modules/code-server/lib/vscode/node_modules/@vscode/ripgrep/bin
  ln -sf "$rg" node_modules/code-server/lib/vscode/node_modules/@vscode/ripgrep/bin/rg
fi
touch node_modules/code-server/installed
