#!/bin/sh
# Installs the package clients that few machines have into a folder, at the versions the tests were written with, and
# links them into its bin. usage: install-clients.sh DIR
set -eu

dir=$1
npm install --silent --no-fund --no-audit --no-save --prefix "$dir" pnpm@9.15.9 yarn@1.22.22
npm install --silent --no-fund --no-audit --no-save --prefix "$dir/yarn-modern" @yarnpkg/cli-dist@4.18.1
# Another pnpm: it asks a helper for its token, where the older one reads npm's files.
npm install --silent --no-fund --no-audit --no-save --prefix "$dir/pnpm12" pnpm@12.21.0
python3 -m venv "$dir/python"
"$dir/python/bin/pip" install --quiet --disable-pip-version-check uv==0.13.9 twine==7.0.0 poetry==2.2.1
# The folder comes last, since its being there means that everything is. Only these are linked: the environment's own
# python3 and pip are not what is to be tested.
mkdir -p "$dir/bin"
ln -sf "$dir/node_modules/.bin/pnpm" "$dir/node_modules/.bin/yarn" "$dir/python/bin/uv" "$dir/python/bin/twine" "$dir/python/bin/poetry" "$dir/bin/"
ln -sf "$dir/pnpm12/node_modules/.bin/pnpm" "$dir/bin/pnpm12"
# Both generations of yarn call themselves so.
ln -sf "$dir/yarn-modern/node_modules/@yarnpkg/cli-dist/bin/yarn.js" "$dir/bin/yarn-modern"
