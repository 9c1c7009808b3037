/* test_shape.c: dimensions compare by name, not by number; and the table of functions. */
#include "op/function.h"
#include "op/shape.h"
#include "unit.h"

static Arena *arena;
static DimAtom E = {0, "E", 32}, H = {1, "H", 64}, D = {2, "D", 64};

static Dim number(int64_t value)
{
    return dim_number(arena, value);
}

static Dim atom(const DimAtom *a)
{
    return dim_atom(arena, a);
}

static void test_equality(void)
{
    const Dim h = atom(&H), d = atom(&D), e = atom(&E);
    CHECK(dim_equal(h, h) && !dim_equal(h, d) && !dim_equal(h, number(64)) && dim_equal(number(64), number(64)));
    CHECK(dim_equal(dim_add(arena, h, h), dim_mul(arena, number(2), h)));
    CHECK(dim_equal(dim_add(arena, h, e), dim_add(arena, e, h)));
    CHECK(dim_equal(dim_mul(arena, dim_add(arena, h, number(1)), dim_sub(arena, h, number(1))),
                    dim_sub(arena, dim_mul(arena, h, h), number(1))));
    CHECK(dim_equal(dim_sub(arena, h, h), number(0)));
    CHECK(dim_sub(arena, h, h).form->n == 0);
    CHECK(dim_equal((Dim){64, NULL}, h)); /* inside of the graph numbers are all there is */
    CHECK(dim_mul(arena, dim_add(arena, e, number(3)), h).value == 35 * 64);
}

static void test_division(void)
{
    const Dim h = atom(&H), e = atom(&E);
    const Dim sum = dim_add(arena, dim_mul(arena, number(4), h), dim_mul(arena, number(2), e));
    CHECK(dim_equal(dim_div(arena, sum, 2), dim_add(arena, dim_add(arena, h, h), e)));
    const Dim failed = dim_div(arena, h, 2); /* 64 / 2, but H need not be even */
    CHECK(failed.form == NULL && failed.value == -1);
    CHECK(dim_div(arena, h, 0).value == -1);
}

static void test_limits(void)
{
    const Dim big = number(INT64_MAX);
    CHECK(dim_add(arena, big, number(1)).value == -1 && dim_add(arena, big, number(1)).form == NULL);
    CHECK(dim_mul(arena, big, number(2)).value == -1);
    CHECK(dim_sub(arena, number(-2), big).value == -1);
    Dim power = atom(&H);
    for (int i = 0; i < 3; i++)
        power = dim_mul(arena, power, atom(&H));
    CHECK(power.form != NULL && power.form->term[0].atoms == 4);
    power = dim_mul(arena, power, atom(&H));
    CHECK(power.form == NULL && power.value == -1);
    CHECK(dim_add(arena, power, number(1)).value == -1);
}

static void test_text(void)
{
    const Dim h = atom(&H), e = atom(&E);
    CHECK_TEXT(dim_text(arena, h), "H");
    CHECK_TEXT(dim_text(arena, number(10)), "10");
    CHECK_TEXT(dim_text(arena, number(0)), "0");
    CHECK_TEXT(dim_text(arena, dim_mul(arena, h, number(2))), "2 * H");
    CHECK_TEXT(dim_text(arena, dim_add(arena, dim_mul(arena, h, number(2)), e)), "E + 2 * H");
    CHECK_TEXT(dim_text(arena, dim_sub(arena, dim_mul(arena, h, e), number(1))), "E * H - 1");
    CHECK_TEXT(dim_text(arena, dim_sub(arena, number(3), h)), "-H + 3");
    CHECK_TEXT(dim_text(arena, (Dim){7, NULL}), "7");
    CHECK_TEXT(shape_text(arena, (Shape){0, {{0, NULL}}}), "a scalar");
    CHECK_TEXT(shape_text(arena, (Shape){1, {h, h}}), "[H]");
    const Shape matrix = {2, {h, e}};
    CHECK_TEXT(shape_text(arena, matrix), "[H, E]");
    CHECK(shape_equal(matrix, matrix) && !shape_equal(matrix, (Shape){2, {e, h}}));
    CHECK(!shape_equal(matrix, (Shape){1, {h, h}}) && shape_count(matrix) == 64 * 32);
}

static void test_functions(void)
{
    CHECK(function_find("tanh") == FN_tanh && function_find("class_xent") == FN_class_xent);
    CHECK(function_find("+") == FN_NONE && function_find("and") == FN_NONE && function_find("not") == FN_NONE);
    CHECK(function_find("tnah") == FN_NONE && function_find("") == FN_NONE);
    CHECK(function_info[FN_add].is_operator && function_info[FN_lookup].is_operator);
    CHECK(!function_info[FN_tanh].is_operator && function_info[FN_argmax].cuts_gradient);
    for (int i = 0; i < FUNCTION_COUNT; i++) {
        CHECK(function_info[i].min_args <= function_info[i].max_args && function_info[i].min_args > 0);
        if (!function_info[i].is_operator)
            CHECK((int)function_find(function_info[i].name) == i);
    }
}

int main(void)
{
    arena = arena_new();
    test_equality();
    test_division();
    test_limits();
    test_text();
    test_functions();
    arena_free(arena);
    return unit_result();
}
