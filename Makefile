# Builds the compiler build/rnnc and the runtime library build/librnn.a out of tree, and runs the tests.
#   make            both            make quick   the short tests     make check   all of them
#   make demo       a trained model, from nothing; TEXT=file for your own text
# Sources are found by wildcard: a new file in a folder of the layout is built without a change here.
# The commands that a fresh machine starts with (demo, quick, check) install what is missing themselves: `make deps`.
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

BUILD ?= build
PREFIX ?= /usr/local
ifeq ($(origin CC),default)
CC := $(shell command -v clang >/dev/null 2>&1 && echo clang || echo gcc)
endif
FLEX ?= flex
BISON ?= bison
CLANG_FORMAT ?= clang-format
TEXT ?=
T ?=

# OPT, SANITIZE and WERROR are for tests: make BUILD=build/asan OPT=-O1 SANITIZE=-fsanitize=address,undefined WERROR=-Werror
OPT ?= -O2 -g
SANITIZE ?=
WERROR ?=
WARN = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes $(WERROR)
WARN_RUNTIME = $(WARN) -Wconversion -Wsign-conversion -Wdouble-promotion -Wfloat-conversion -Wcast-qual -Wcast-align \
	-Wmissing-prototypes -Wundef -Wvla -Wswitch-default
DEFINES = -D_POSIX_C_SOURCE=200809L
COMPILER_FLAGS = -std=c11 $(OPT) $(SANITIZE) $(WARN) $(DEFINES) -Icompiler -I. -I$(BUILD)/gen -Iruntime/include
RUNTIME_FLAGS = -std=c99 $(OPT) $(SANITIZE) $(WARN_RUNTIME) -fPIC -Iruntime/include
LIBS = -lm -ldl -lpthread

STAGES = support op syntax sema graph opt loop emit cmd
COMPILER_C = compiler/main.c $(foreach stage,$(STAGES),$(wildcard compiler/$(stage)/*.c)) $(wildcard grammar/*.c)
RUNTIME_C = $(wildcard runtime/train/*.c runtime/io/*.c runtime/kernels/*.c)
RUNTIME_H = $(wildcard runtime/include/rnn/*.h)
STD = $(wildcard compiler/std/*.rnn)
GRAMMAR_Y = $(wildcard grammar/rnn.y)
GRAMMAR_L = $(wildcard grammar/rnn.l)
GENERATED_C = $(GRAMMAR_Y:grammar/rnn.y=$(BUILD)/gen/rnn.tab.c) $(GRAMMAR_L:grammar/rnn.l=$(BUILD)/gen/rnn.lex.c)
GENERATED_H = $(GRAMMAR_Y:grammar/rnn.y=$(BUILD)/gen/rnn.tab.h) $(GRAMMAR_L:grammar/rnn.l=$(BUILD)/gen/rnn.lex.h)

# Short lines; whole commands with V=1, nothing with -s.
SAY = $(if $(findstring s,$(firstword -$(MAKEFLAGS)))$(V),@:,@echo)
RUN = $(if $(V),,@)

OBJ = $(BUILD)/obj
COMPILER_O = $(COMPILER_C:%.c=$(OBJ)/%.o)
GENERATED_O = $(GENERATED_C:$(BUILD)/gen/%.c=$(OBJ)/gen/%.o) $(OBJ)/gen/embedded.o
RUNTIME_O = $(RUNTIME_C:%.c=$(OBJ)/%.o)

.PHONY: all quick check demo install clean fmt fmt-check deps deps-check accept docs lib lib-compiler
all: $(BUILD)/rnnc $(BUILD)/librnn.a
lib: $(BUILD)/librnn.a
lib-compiler: $(BUILD)/librnnc.a

$(BUILD)/rnnc: $(COMPILER_O) $(GENERATED_O) $(BUILD)/librnn.a
	$(SAY) "link    $@"
	$(RUN)$(CC) $(OPT) $(SANITIZE) -o $@ $(COMPILER_O) $(GENERATED_O) $(BUILD)/librnn.a $(LIBS)

# All of the compiler but main: what unit tests link with.
$(BUILD)/librnnc.a: $(filter-out $(OBJ)/compiler/main.o,$(COMPILER_O)) $(GENERATED_O)
	@rm -f $@
	$(SAY) "ar      $@"
	$(RUN)$(AR) rcs $@ $^

$(BUILD)/librnn.a: $(RUNTIME_O)
	@rm -f $@
	$(SAY) "ar      $@"
	$(RUN)$(AR) rcs $@ $(RUNTIME_O)

$(OBJ)/compiler/%.o: compiler/%.c | $(GENERATED_H)
	@mkdir -p $(@D)
	$(SAY) "cc      $<"
	$(RUN)$(CC) $(COMPILER_FLAGS) -Wconversion -MMD -MP -c -o $@ $<

$(OBJ)/grammar/%.o: grammar/%.c | $(GENERATED_H)
	@mkdir -p $(@D)
	$(SAY) "cc      $<"
	$(RUN)$(CC) $(COMPILER_FLAGS) -Wconversion -MMD -MP -c -o $@ $<

$(OBJ)/runtime/%.o: runtime/%.c
	@mkdir -p $(@D)
	$(SAY) "cc      $<"
	$(RUN)$(CC) $(RUNTIME_FLAGS) -MMD -MP -c -o $@ $<

# What flex, bison and tools/embed write: the same warnings less -Wconversion.
$(OBJ)/gen/%.o: $(BUILD)/gen/%.c | $(GENERATED_H)
	@mkdir -p $(@D)
	$(SAY) "cc      $<"
	$(RUN)$(CC) $(COMPILER_FLAGS) -Igrammar -MMD -MP -c -o $@ $<

$(BUILD)/gen/rnn.tab.h: $(BUILD)/gen/rnn.tab.c ;
$(BUILD)/gen/rnn.tab.c: grammar/rnn.y
	@mkdir -p $(@D)
	@command -v $(BISON) >/dev/null || { echo "bison is missing: make deps installs it" >&2; exit 1; }
	$(SAY) "bison   $<"
	$(RUN)$(BISON) -Wall -Wcounterexamples -Werror --defines=$(BUILD)/gen/rnn.tab.h -o $@ $<

$(BUILD)/gen/rnn.lex.h: $(BUILD)/gen/rnn.lex.c ;
$(BUILD)/gen/rnn.lex.c: grammar/rnn.l
	@mkdir -p $(@D)
	@command -v $(FLEX) >/dev/null || { echo "flex is missing: make deps installs it" >&2; exit 1; }
	$(SAY) "flex    $<"
	$(RUN)$(FLEX) --header-file=$(BUILD)/gen/rnn.lex.h -o $@ $<

# std/*.rnn and the headers of the runtime, as bytes inside rnnc: it works wherever it is copied.
$(BUILD)/embed: tools/embed.c
	@mkdir -p $(@D)
	$(SAY) "cc      $<"
	$(RUN)$(CC) -std=c11 -O1 $(WARN) -Wconversion -o $@ $<
$(BUILD)/gen/embedded.c: $(BUILD)/embed $(STD) $(RUNTIME_H)
	@mkdir -p $(@D)
	$(SAY) "embed   $@"
	$(RUN)$(BUILD)/embed $@ $(foreach file,$(STD),std/$(notdir $(file))=$(file)) \
		$(foreach file,$(RUNTIME_H),rnn/$(notdir $(file))=$(file))

-include $(COMPILER_O:.o=.d) $(GENERATED_O:.o=.d) $(RUNTIME_O:.o=.d)

# ---- tests ----
quick check: deps
	@$(MAKE) --no-print-directory all WERROR=-Werror
	@T='$(T)' BUILD='$(BUILD)' sh tests/run.sh $@

accept: all
	@T='$(T)' BUILD='$(BUILD)' ACCEPT=1 sh tests/run.sh accept

demo: deps
	@$(MAKE) --no-print-directory all
	@BUILD='$(BUILD)' sh tools/demo.sh '$(TEXT)'

deps:
	@sh tools/deps.sh

deps-check:
	@sh tools/deps-check.sh

# ---- documents, layout of the text, installation ----
docs: all
	$(BUILD)/rnnc --list-ops > docs/ops.md

# Not the golden files: rnnc wrote them.
FORMATTED = $(filter-out tests/golden/%,$(wildcard compiler/*.c compiler/*/*.c compiler/*/*.h grammar/*.c grammar/*.h \
	runtime/*/*.c runtime/include/rnn/*.h tools/*.c examples/*/*.c tests/*/*.c tests/*/*.h))
fmt:
	@$(CLANG_FORMAT) -i $(FORMATTED)
fmt-check:
	@$(CLANG_FORMAT) --dry-run --Werror $(FORMATTED)

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib $(DESTDIR)$(PREFIX)/include/rnn \
		$(DESTDIR)$(PREFIX)/share/man/man1
	install -m 755 $(BUILD)/rnnc $(DESTDIR)$(PREFIX)/bin/rnnc
	install -m 644 $(BUILD)/librnn.a $(DESTDIR)$(PREFIX)/lib/librnn.a
	install -m 644 $(RUNTIME_H) $(DESTDIR)$(PREFIX)/include/rnn
	install -m 644 docs/rnnc.1 $(DESTDIR)$(PREFIX)/share/man/man1/rnnc.1

clean:
	rm -rf $(BUILD)
