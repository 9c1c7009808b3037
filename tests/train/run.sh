#!/bin/sh
# Training against the frozen losses of another framework (parity.sh). What learns, stops and resumes is tests/commands.
exec sh "$(dirname "$0")/parity.sh"
