#!/usr/bin/env bash
# Builds the single file as the README says and tries it where there is no .NET: an empty environment, in an empty folder. What it says must be what the usual build says.
# usage: check.sh [FILE]: FILE was built before. Needs the usual build: dotnet build -c Release src/Graft.Cli. Prints "passed", "failed" or "skipped" at the start of a line for each check.
set -uo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
usual=$root/src/Graft.Cli/bin/Release/net10.0/graft
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
single=$(realpath -m "${1:-$work/out/graft}")
failed=0

say() { echo "$1 single-file-$2"; [ "$1" = passed ] || failed=1; }
try() { local name=$1; shift; if "$@" >"$work/$name.log" 2>&1; then say passed "$name"; else say failed "$name"; tail -n 5 "$work/$name.log"; fi; }

# The same command in both builds, each in a folder of its own with the same files; the single file without any environment.
alone() { (cd "$work/single" && env -i "$single" "$@"); }
beside() { (cd "$work/usual" && "$usual" "$@"); }
same() { alone "$@" >"$work/a" 2>"$work/a.err" && beside "$@" >"$work/b" 2>"$work/b.err" && [ -s "$work/a" ] && cmp "$work/a" "$work/b" || { cat "$work/a.err" "$work/b.err"; return 1; }; }
alike() { cmp "$work/single/$1" "$work/usual/$1"; }

if [ $# = 0 ]; then
  # The pack of .NET itself is loaded from the package registry at the first time.
  if ! timeout 300 dotnet restore "$root/src/Graft.Cli" -p:PublishProfile=single-file -v q >"$work/restore.log" 2>&1; then
    echo "skipped single-file: the runtime pack cannot be restored: $(grep -m1 -o 'error.*' "$work/restore.log")"
    exit 0
  fi
  if ! dotnet publish "$root/src/Graft.Cli" --no-restore -p:PublishProfile=single-file -p:RunAnalyzers=false -v q --nologo -o "$work/out" >"$work/publish.log" 2>&1; then
    grep -m5 error "$work/publish.log"
    say failed publish
    exit 1
  fi
  grep "Trim analysis" "$work/publish.log" | sort -u
  say passed publish
fi
echo "$(stat -c %s "$single") bytes"

table() {
  echo "width,height,kind"
  for i in $(seq 1 60); do echo "$((i % 7)).5,$((i % 5)),$([ $((i % 7)) -gt 3 ] && echo wide || echo narrow)"; done
}

experiment() { sed -e 's/^seeds: 3/seeds: 1/' -e 's/rows: 6000/rows: 400/' -e 's/rows: 2400/rows: 300/' -e 's/test: 2000, validation: 200/test: 100, validation: 60/' -e 's/epochs: 6/epochs: 1/' -e 's/epochs: 40/epochs: 2/' "$root/samples/experiments/quickstart.yaml"; }

for side in single usual; do
  mkdir -p "$work/$side"
  table >"$work/$side/table.csv"
  experiment >"$work/$side/quickstart.yaml"
done

runs_alike() { alone run quickstart.yaml --quiet && beside run quickstart.yaml --quiet && alike runs/quickstart/events.jsonl && alike runs/quickstart/models/new-full-s1.graft; }
new_alike() { alone new csv table.csv -o table.yaml && beside new csv table.csv -o table.yaml && alike table.yaml; }
learn_table() { alone run table.yaml epochs=3 --quiet && beside run table.yaml epochs=3 --quiet; }
model_of_table() { basename "$(ls "$work"/single/runs/table/models/*.graft | head -1)"; }
onnx_alike() { alone export "runs/table/models/$(model_of_table)" table.onnx && beside export "runs/table/models/$(model_of_table)" table.onnx && alike table.onnx && same inspect table.onnx; }

try version same --version
try catalogue same list --json
try hub same list hub --json
try explain same explain cagrad
try explain-key same explain early-stopping --json
try schema same schema
try help same run --help
try validate same validate quickstart.yaml
try run runs_alike
try report alone report runs/quickstart
try new new_alike
try run-table learn_table
try predict same predict "runs/table/models/$(model_of_table)" table.csv
try evaluate same evaluate "runs/table/models/$(model_of_table)" table.csv
try export-onnx onnx_alike
exit $failed
