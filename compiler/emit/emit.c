/* emit.c: a Program as C: sets up what all parts of the emitter share and calls them in the order of the C file. */
#include "emit/emit.h"

#include "emit/interface.h"

Emit emit_open(Arena *arena, const Program *program, const SourceMap *sources, const EmitOptions *options)
{
    Emit emit = {.arena = arena, .program = program, .sources = sources, .options = options};
    emit.m = emit_prefix(arena, options->prefix != NULL ? options->prefix : program->model->name);
    emit.M = emit_upper(arena, emit.m);
    emit.real = options->is_double ? "double" : "float";
    emit.layout_hash = emit_layout_hash(&emit);
    emit.params_hash = emit_params_hash(&emit);
    return emit;
}

void emit_model(Arena *arena, const Program *program, const SourceMap *sources, const EmitOptions *options, Text *c,
                Text *header)
{
    Emit emit = emit_open(arena, program, sources, options);
    emit_header_file(&emit, header);
    emit_prologue(&emit, c);
    emit_tables(&emit, c);
    emit_body(&emit, c);
    emit_entries(&emit, c);
    emit_model_table(&emit, c);
}
