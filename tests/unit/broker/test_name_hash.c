/* Names that strangers choose: tables stay small whatever the names are. */
#include "broker/name_hash.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* The hash of zhashx itself: h = 33 * h ^ c. */
static size_t bernstein(const char *name)
{
    size_t hash = 0;

    while (*name != 0)
        hash = (33 * hash) ^ (size_t)*name++;
    return hash;
}

/* Two blocks with the same effect on that hash. */
static void spell(unsigned bits, unsigned blocks, char *name)
{
    *name = 0;
    for (unsigned i = 0; i < blocks; i++)
        strcat(name, (bits >> i & 1) == 0 ? "ab" : "bA");
}

/* Forty names of one hash in a zhashx with its own hash make it ask for 2^40 places. */
static void names_made_to_collide_do_not(void **state)
{
    enum { NAMES = 60, BLOCKS = 16 };
    static char names[NAMES][2 * BLOCKS + 1];
    zhashx_t *table = mm_name_table_new(NULL);
    size_t count = 1, equal = 0;

    (void)state;
    spell(0, BLOCKS, names[0]);
    for (unsigned bits = 1; count < NAMES; bits++) {
        assert_true(bits < 1U << BLOCKS);
        spell(bits, BLOCKS, names[count]);
        count += bernstein(names[count]) == bernstein(names[0]) ? 1 : 0;
    }
    for (size_t i = 0; i < NAMES; i++) {
        equal += mm_name_hash(names[i]) == mm_name_hash(names[0]) ? 1 : 0;
        assert_int_equal(zhashx_insert(table, names[i], names[i]), 0);
    }
    for (size_t i = 0; i < NAMES; i++)
        assert_ptr_equal(zhashx_lookup(table, names[i]), names[i]);
    assert_int_equal(equal, 1);
    zhashx_destroy(&table);
}

static void hash_is_the_same_for_the_same_name(void **state)
{
    char name[] = "ABC123", same[] = "ABC123", other[] = "ABC124";

    (void)state;
    assert_true(mm_name_hash(name) == mm_name_hash(same));
    assert_true(mm_name_hash(name) != mm_name_hash(other));
}

static void destroyed_item(void **item_p)
{
    free(*item_p);
    *item_p = NULL;
}

static void table_owns_its_items_where_told_so(void **state)
{
    zhashx_t *table = mm_name_table_new(destroyed_item);
    char *one = strdup("one"), *two = strdup("two");

    (void)state;
    zhashx_insert(table, one, one);
    zhashx_insert(table, two, two);
    zhashx_delete(table, "one");
    assert_int_equal(zhashx_size(table), 1);
    zhashx_destroy(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_made_to_collide_do_not),
        cmocka_unit_test(hash_is_the_same_for_the_same_name),
        cmocka_unit_test(table_owns_its_items_where_told_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
