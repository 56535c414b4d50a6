/* errors.def and reasons.def as tables of texts.  The errors' numbers also come from the bus
 * (room-created), so every lookup is bounded. */
#include "proto/err.h"

#include <ctype.h>
#include <stdbool.h>
#include <threads.h>

static const char *const codes[MM_ERR_LIMIT] = {
#define ERR(name, code, text) [MM_ERR_##name] = (code),
#include "proto/errors.def"
#undef ERR
};

static const char *const texts[MM_ERR_LIMIT] = {
#define ERR(name, code, text) [MM_ERR_##name] = (text),
#include "proto/errors.def"
#undef ERR
};

static const char *const reasons[MM_REASON_LIMIT] = {
#define REASON(name, text) [MM_REASON_##name] = (text),
#include "proto/reasons.def"
#undef REASON
};

/* The preprocessor cannot lower a name, so this is done once at run time. */
enum { NAME_SIZE = 32 };
static char names[MM_ERR_LIMIT][NAME_SIZE] = {
#define ERR(name, code, text) [MM_ERR_##name] = #name,
#include "proto/errors.def"
#undef ERR
};
#define ERR(name, code, text)                                                                      \
    _Static_assert(sizeof(#name) <= NAME_SIZE, "the name of an error is too long");
#include "proto/errors.def"
#undef ERR

static once_flag names_once = ONCE_FLAG_INIT;

static void lower_names(void)
{
    for (size_t row = 0; row < MM_ERR_LIMIT; row++)
        for (char *at = names[row]; *at != '\0'; at++)
            *at = (char)tolower((unsigned char)*at);
}

static bool is_err(mm_err_t err)
{
    return (unsigned)err < MM_ERR_LIMIT;
}

const char *mm_err_code(mm_err_t err)
{
    return is_err(err) ? codes[err] : "";
}

const char *mm_err_text(mm_err_t err)
{
    return is_err(err) ? texts[err] : "";
}

const char *mm_err_name(mm_err_t err)
{
    call_once(&names_once, lower_names);
    return is_err(err) ? names[err] : "unknown";
}

const char *mm_reason_text(mm_reason_t reason)
{
    return (unsigned)reason < MM_REASON_LIMIT ? reasons[reason] : "";
}
