/* Buffers: counted, shared, with room for a frame's header before the text. */
#include "gateway/buffer.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void a_buffer_lives_until_its_last_reference_goes(void **state)
{
    mm_buffer_t *buffer = mm_buffer_new(5), *other;

    (void)state;
    memcpy(mm_buffer_text(buffer), "hello", 5);
    other = mm_buffer_ref(buffer);
    mm_buffer_unref(&buffer);
    assert_null(buffer);
    assert_memory_equal(mm_buffer_text(other), "hello", 5);
    assert_int_equal(other->len, 5);
    mm_buffer_unref(&other);
    mm_buffer_unref(&other);
}

static void a_header_fits_before_the_text(void **state)
{
    mm_buffer_t *buffer = mm_buffer_new(0);
    char *text = mm_buffer_text(buffer);

    (void)state;
    memset(text - MM_BUFFER_HEADROOM, 0xff, MM_BUFFER_HEADROOM);
    assert_int_equal(buffer->len, 0);
    assert_int_equal(buffer->references, 1);
    mm_buffer_unref(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_lives_until_its_last_reference_goes),
        cmocka_unit_test(a_header_fits_before_the_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
