/* Hashers and comparators of hash tables, as zhashx uses them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <czmq.h>
#include <string.h>

#include "proto/keys.h"

typedef struct numbered {
    uint64_t number;
    int value;
} numbered_t;

static zhashx_t *table_of(zhashx_hash_fn *hash, zhashx_comparator_fn *compare)
{
    zhashx_t *table = zhashx_new();

    assert_non_null(table);
    zhashx_set_key_hasher(table, hash);
    zhashx_set_key_comparator(table, compare);
    zhashx_set_key_duplicator(table, NULL);
    zhashx_set_key_destructor(table, NULL);
    return table;
}

static void numbers_find_their_items(void **state)
{
    enum { COUNT = 1000 };
    static numbered_t items[COUNT];
    zhashx_t *table = table_of(mm_key_hash_number, mm_key_compare_numbers);
    uint64_t key;

    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        /* Numbers that differ in high or low bits alone, none of them a string. */
        items[i] = (numbered_t){.number = (uint64_t)i << (i % 50), .value = (int)i};
        if (zhashx_lookup(table, &items[i].number) == NULL)
            assert_int_equal(zhashx_insert(table, &items[i].number, &items[i]), 0);
    }
    for (size_t i = 0; i < COUNT; i++) {
        const numbered_t *found = zhashx_lookup(table, &items[i].number);
        assert_non_null(found);
        assert_true(found->number == items[i].number);
    }
    key = UINT64_MAX;
    assert_null(zhashx_lookup(table, &key));
    key = items[7].number;
    zhashx_delete(table, &key);
    assert_null(zhashx_lookup(table, &key));
    zhashx_destroy(&table);
}

static void ids_with_zero_bytes_are_told_apart(void **state)
{
    uint8_t a[16] = {0}, b[16] = {0}, c[16] = {0};
    zhashx_t *table = table_of(mm_key_hash_16, mm_key_compare_16);

    (void)state;
    b[15] = 1;
    c[0] = 1;
    assert_int_equal(zhashx_insert(table, a, a), 0);
    assert_int_equal(zhashx_insert(table, b, b), 0);
    assert_int_equal(zhashx_insert(table, c, c), 0);
    assert_int_equal(zhashx_insert(table, a, c), -1);
    assert_ptr_equal(zhashx_lookup(table, a), a);
    assert_ptr_equal(zhashx_lookup(table, b), b);
    assert_ptr_equal(zhashx_lookup(table, c), c);
    zhashx_destroy(&table);
}

static void comparison_orders_numbers(void **state)
{
    uint64_t small = 1, large = UINT64_MAX;

    (void)state;
    assert_true(mm_key_compare_numbers(&small, &large) < 0);
    assert_true(mm_key_compare_numbers(&large, &small) > 0);
    assert_int_equal(mm_key_compare_numbers(&small, &small), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_find_their_items),
        cmocka_unit_test(ids_with_zero_bytes_are_told_apart),
        cmocka_unit_test(comparison_orders_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
