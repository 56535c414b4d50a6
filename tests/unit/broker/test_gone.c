/* The memory of people gone: by name, for a time, bounded, the oldest first. */
#include "broker/gone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MEMORY = 1000 };

static mm_id_t id(unsigned number)
{
    mm_id_t made = {0};

    memcpy(made.bytes, &number, sizeof number);
    return made;
}

static void add(mm_gone_t *gone, const char *room, unsigned number, int64_t now)
{
    mm_id_t gone_id = id(number);

    mm_gone_add(gone, room, &gone_id, now);
}

static bool has(const mm_gone_t *gone, const char *room, unsigned number, int64_t now)
{
    mm_id_t asked = id(number);

    return mm_gone_has(gone, room, &asked, now);
}

static void ids_are_remembered_by_the_name_of_their_room(void **state)
{
    mm_gone_t *gone = mm_gone_new(10, 100, MEMORY);

    (void)state;
    add(gone, "one", 1, 0);
    assert_true(has(gone, "one", 1, 0));
    assert_false(has(gone, "two", 1, 0));
    assert_false(has(gone, "one", 2, 0));
    mm_gone_destroy(&gone);
    assert_null(gone);
    mm_gone_destroy(&gone);
}

static void ids_are_forgotten_after_their_time(void **state)
{
    mm_gone_t *gone = mm_gone_new(10, 100, MEMORY);

    (void)state;
    add(gone, "one", 1, 0);
    assert_true(has(gone, "one", 1, MEMORY - 1));
    assert_false(has(gone, "one", 1, MEMORY));
    add(gone, "two", 2, MEMORY);
    assert_int_equal(mm_gone_count(gone), 1);
    assert_int_equal(mm_gone_names(gone), 1);
    mm_gone_destroy(&gone);
}

static void room_forgets_its_own_oldest_first(void **state)
{
    mm_gone_t *gone = mm_gone_new(2, 100, MEMORY);

    (void)state;
    add(gone, "other", 9, 0);
    for (unsigned i = 1; i <= 5; i++)
        add(gone, "one", i, i);
    assert_false(has(gone, "one", 3, 5));
    assert_true(has(gone, "one", 4, 5) && has(gone, "one", 5, 5));
    assert_true(has(gone, "other", 9, 5));
    assert_int_equal(mm_gone_count(gone), 3);
    mm_gone_destroy(&gone);
}

static void all_rooms_together_forget_the_oldest_first(void **state)
{
    mm_gone_t *gone = mm_gone_new(10, 3, MEMORY);

    (void)state;
    add(gone, "a", 1, 0);
    add(gone, "b", 2, 0);
    add(gone, "a", 3, 0);
    add(gone, "c", 4, 0);
    assert_false(has(gone, "a", 1, 0));
    assert_true(has(gone, "b", 2, 0) && has(gone, "a", 3, 0) && has(gone, "c", 4, 0));
    add(gone, "c", 5, 0);
    assert_false(has(gone, "b", 2, 0));
    assert_int_equal(mm_gone_count(gone), 3);
    assert_int_equal(mm_gone_names(gone), 2);
    mm_gone_destroy(&gone);
}

/* Against a plain list, with times that stand still now and then. */
static void random_use_agrees_with_a_plain_list(void **state)
{
    enum { PER_ROOM = 4, TOTAL = 12, STEPS = 20000, ROOMS = 7 };
    struct entry {
        unsigned room, number;
        int64_t since;
    } list[TOTAL + 1];
    size_t count = 0;
    mm_gone_t *gone = mm_gone_new(PER_ROOM, TOTAL, MEMORY);
    int64_t now = 0;
    unsigned seed = 7;

    (void)state;
    for (unsigned step = 1; step <= STEPS; step++) {
        unsigned room = (unsigned)rand_r(&seed) % ROOMS;
        char name[8];
        snprintf(name, sizeof name, "r%u", room);
        now += rand_r(&seed) % 200;

        size_t kept = 0, of_room = 0;
        for (size_t i = 0; i < count; i++)
            if (now - list[i].since < MEMORY)
                list[kept++] = list[i];
        count = kept;
        for (size_t i = 0; i < count; i++)
            of_room += list[i].room == room ? 1 : 0;
        for (size_t i = 0; i < count; i++)
            if ((of_room >= PER_ROOM && list[i].room == room) ||
                (of_room < PER_ROOM && count >= TOTAL)) {
                memmove(&list[i], &list[i + 1], (count - i - 1) * sizeof *list);
                count--;
                break;
            }
        list[count++] = (struct entry){room, step, now};
        add(gone, name, step, now);

        assert_int_equal(mm_gone_count(gone), count);
        unsigned asked = step - (unsigned)rand_r(&seed) % 20;
        bool expected = false;
        for (size_t i = 0; i < count; i++)
            expected = expected || (list[i].number == asked && list[i].room == room);
        assert_int_equal(has(gone, name, asked, now), expected);
    }
    mm_gone_destroy(&gone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_remembered_by_the_name_of_their_room),
        cmocka_unit_test(ids_are_forgotten_after_their_time),
        cmocka_unit_test(room_forgets_its_own_oldest_first),
        cmocka_unit_test(all_rooms_together_forget_the_oldest_first),
        cmocka_unit_test(random_use_agrees_with_a_plain_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
