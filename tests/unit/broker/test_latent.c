/* Counts of unused rooms, in all and by address. */
#include "broker/latent.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static mm_creator_t creator(const uint8_t address[MM_CREATOR_BYTES])
{
    return mm_latent_creator((mm_slice_t){address, MM_CREATOR_BYTES});
}

static void ipv4_counts_whole_and_ipv6_by_its_64(void **state)
{
    static const uint8_t v4[16] = {[10] = 0xff, [11] = 0xff, 10, 0, 0, 1};
    static const uint8_t other_v4[16] = {[10] = 0xff, [11] = 0xff, 10, 0, 0, 2};
    static const uint8_t v6[16] = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 1, 2, 3};
    static const uint8_t same_64[16] = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 9, 9, 9};
    static const uint8_t other_64[16] = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 2, 1, 2, 3};

    (void)state;
    assert_string_equal(creator(v4).key, "00000000000000000000ffff0a000001");
    assert_string_not_equal(creator(v4).key, creator(other_v4).key);
    assert_string_equal(creator(v6).key, "20010db800000001");
    assert_string_equal(creator(v6).key, creator(same_64).key);
    assert_string_not_equal(creator(v6).key, creator(other_64).key);
}

static void bounds_hold_in_all_and_for_each(void **state)
{
    mm_latent_t *latent = mm_latent_new(3, 2);
    mm_creator_t ann = {"a"}, bob = {"b"};

    (void)state;
    mm_latent_add(latent, &ann);
    assert_true(mm_latent_may_add(latent, &ann));
    mm_latent_add(latent, &ann);
    assert_false(mm_latent_may_add(latent, &ann));
    assert_true(mm_latent_may_add(latent, &bob));
    mm_latent_add(latent, &bob);
    assert_false(mm_latent_may_add(latent, &bob));
    mm_latent_remove(latent, &ann);
    assert_true(mm_latent_may_add(latent, &bob) && mm_latent_may_add(latent, &ann));
    assert_int_equal(mm_latent_count(latent), 2);
    mm_latent_destroy(&latent);
    assert_null(latent);
    mm_latent_destroy(&latent);
}

static void bound_of_zero_lets_nobody_add(void **state)
{
    mm_latent_t *none = mm_latent_new(0, 2), *none_each = mm_latent_new(2, 0);
    mm_creator_t ann = {"a"};

    (void)state;
    assert_false(mm_latent_may_add(none, &ann));
    assert_false(mm_latent_may_add(none_each, &ann));
    mm_latent_destroy(&none);
    mm_latent_destroy(&none_each);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipv4_counts_whole_and_ipv6_by_its_64),
        cmocka_unit_test(bounds_hold_in_all_and_for_each),
        cmocka_unit_test(bound_of_zero_lets_nobody_add),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
