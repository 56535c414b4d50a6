/* Prints proto/PROTOCOL.md: the tables of proto/ as a page for people who write a client, a monitor or another gateway.
 * The page is committed, and a test fails when it differs from what this prints.
 * Not here: the bytes on the bus around a message (proto/LINK.md, written by hand). */
#include "proto/counters.h"
#include "proto/message.h"
#include "proto/settings_row.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void heading(const char *title, const char *text)
{
    (void)printf("\n## %s\n\n%s\n", title, text);
}

/* --- messages ----------------------------------------------------------------------------- */

/* The least of its roles says who may send: the sets of the table contain each other. */
static const char *senders_of(const mm_spec_t *spec)
{
    if ((spec->flags & MM_EVENT) != 0)
        return "broker, to the feed";
    if ((spec->senders & MM_ROLE_BROKER) != 0)
        return "broker";
    if ((spec->senders & MM_ROLE_ADMIN) != 0)
        return (spec->senders & MM_ROLE_GATEWAY) != 0 ? "gateway, admin" : "admin";
    if ((spec->senders & MM_ROLE_GATEWAY) != 0)
        return "gateway";
    if ((spec->senders & MM_ROLE_STRANGER) != 0)
        return "anyone";
    return (spec->senders & MM_ROLE_MEMBER) != 0 ? "participants" : "moderators";
}

static void print_flags(const mm_spec_t *spec)
{
    static const struct {
        unsigned flag;
        const char *word;
    } flags[] = {
        {MM_PASSES, "passes"},     {MM_TARGETED, "targeted"}, {MM_LARGE, "large"},
        {MM_REPEATED, "repeated"}, {MM_UNBOUND, "unbound"},   {MM_RELEASES, "releases"},
        {MM_EVENT, "event"},       {MM_GUESSES, "guesses"},
    };
    const char *comma = "";

    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if ((spec->flags & flags[i].flag) == 0)
            continue;
        (void)printf("%s%s", comma, flags[i].word);
        comma = ", ";
    }
}

static void print_bounds(const mm_field_t *field)
{
    static const char *const units[] = {
        [MM_KIND_INT] = "",
        [MM_KIND_CHARS] = " characters",
        [MM_KIND_TRIMMED] = " characters",
        [MM_KIND_BYTES] = " bytes",
        [MM_KIND_ROOM] = " characters",
        [MM_KIND_RAW] = " bytes of JSON",
        [MM_KIND_BLOB] = " bytes",
    };

    switch (field->kind) {
    case MM_KIND_CHOICE:
        for (const char *at = field->choices; *at != '\0'; at++) {
            if (*at == '|')
                (void)printf(", ");
            else
                (void)putchar(*at);
        }
        return;
    case MM_KIND_BOOL:
    case MM_KIND_NUM:
    case MM_KIND_ID:
        return;
    case MM_KIND_INT:
    case MM_KIND_CHARS:
    case MM_KIND_TRIMMED:
    case MM_KIND_BYTES:
    case MM_KIND_ROOM:
    case MM_KIND_RAW:
    case MM_KIND_BLOB:
        if (field->min == field->max)
            (void)printf("%" PRId64 "%s", field->min, units[field->kind]);
        else
            (void)printf("%" PRId64 " to %" PRId64 "%s", field->min, field->max,
                         units[field->kind]);
    }
}

static void print_field(const mm_field_t *field)
{
    static const char *const kinds[] = {
        [MM_KIND_BOOL] = "boolean",
        [MM_KIND_INT] = "integer",
        [MM_KIND_NUM] = "number",
        [MM_KIND_CHARS] = "string",
        [MM_KIND_TRIMMED] = "string, trimmed",
        [MM_KIND_BYTES] = "string",
        [MM_KIND_ID] = "id",
        [MM_KIND_ROOM] = "room id",
        [MM_KIND_RAW] = "any value",
        [MM_KIND_BLOB] = "bytes",
        [MM_KIND_CHOICE] = "one of",
    };
    static const char *const needs[] = {
        [MM_NEED_REQ] = "required",
        [MM_NEED_OPT] = "optional",
        [MM_NEED_SET] = "set by the server",
    };

    (void)printf("| `%s` | %s | %s | ", field->wire, kinds[field->kind], needs[field->need]);
    print_bounds(field);
    (void)printf(" |\n");
}

static void print_message(const mm_spec_t *spec)
{
    static const char *const rates[] = {
        [MM_RATE_NONE] = "none",
        [MM_RATE_SIGNAL] = "signal",
        [MM_RATE_CHUNK] = "chunk",
    };

    (void)printf("\n### %d `%s`\n\n%s\n\nSent by: %s. Rate: %s.", (int)spec->msg, spec->wire,
                 spec->doc, senders_of(spec), rates[spec->rate]);
    if (spec->flags != 0) {
        (void)printf(" Flags: ");
        print_flags(spec);
        (void)printf(".");
    }
    if (spec->refusal[0] != '\0')
        (void)printf(" Refused as \"Only moderators can %s\".", spec->refusal);
    (void)printf("\n");
    if (spec->fields[0].wire == NULL)
        return;
    (void)printf("\n| member | kind | need | bounds |\n|---|---|---|---|\n");
    for (const mm_field_t *field = spec->fields; field->wire != NULL; field++)
        print_field(field);
}

static void print_messages(void)
{
    heading(
        "Messages",
        "The number stands on the bus, the name in a browser's `type`. The members `type`, "
        "`roomId`, `participantId` and\n"
        "`timestamp` are every message's. *Participants* includes moderators; *anyone* includes "
        "people who wait or are in\n"
        "no room. Messages of *broker* below 64 go to browsers, above that to gateways; messages "
        "of *gateway* go to the\n"
        "broker and never to a browser.\n\n"
        "| flag | means |\n|---|---|\n"
        "| passes | the body travels as sent, unknown members too; the broker never decodes it |\n"
        "| targeted | for one participant, named by `targetId` |\n"
        "| large | up to `message-limit` bytes; all others `small-message-limit` |\n"
        "| repeated | changes nothing: not recorded, run again after a crash |\n"
        "| unbound | printed with an empty room and participant |\n"
        "| releases | its participant takes no more chunks: what waits for its credit goes on |\n"
        "| event | for the [feed](FEED.md), by its name as topic; never on the bus |");
    for (int i = 0; i < MM_MSG_LIMIT; i++) {
        const mm_spec_t *spec = mm_spec((mm_msg_t)i);

        if (spec != NULL)
            print_message(spec);
    }
}

/* --- errors ------------------------------------------------------------------------------- */

static void print_errors(void)
{
    heading("Errors", "Errors with a code reach a browser in an `error` message; those without one "
                      "are between processes, or become\n"
                      "an HTTP status. `%s` is the refusal of the message above.\n\n"
                      "| number | name | code | text |\n|---|---|---|---|");
    for (int i = 0; i < MM_ERR_LIMIT; i++) {
        const char *code = mm_err_code((mm_err_t)i);

        (void)printf("| %d | %s | %s%s%s | %s |\n", i, mm_err_name((mm_err_t)i),
                     code[0] != '\0' ? "`" : "", code, code[0] != '\0' ? "`" : "",
                     mm_err_text((mm_err_t)i));
    }
    heading("Reasons", "Why a message is `INVALID_MESSAGE`: the member `reason` of the answer, "
                       "behind the name of the member to\n"
                       "blame where there is one (`text: too long`).\n\n"
                       "| number | reason |\n|---|---|");
    for (int i = 1; i < MM_REASON_LIMIT; i++)
        (void)printf("| %d | %s |\n", i, mm_reason_text((mm_reason_t)i));
}

/* --- settings and counters ---------------------------------------------------------------- */

static const char *program_word(unsigned programs)
{
    switch (programs) {
    case MM_PROGRAM_ALL:
        return "all";
    case MM_PROGRAM_BOTH:
        return "gateway, broker";
    case MM_PROGRAM_FEED:
        return "broker, admin";
    case MM_PROGRAM_ADMIN:
        return "admin";
    default:
        return programs == MM_PROGRAM_GATEWAY ? "gateway" : "broker";
    }
}

static void print_settings(void)
{
    heading("Settings",
            "A setting `NAME` is the flag `--NAME`, the variable `MIKROMEET_NAME` (upper case, `_` "
            "for `-`) and the key `NAME` of\n"
            "the JSON object in the file of `--config` or `MIKROMEET_CONFIG`. Flags win over "
            "variables, variables over the\n"
            "file, the file over the default. A secret has no flag, but a further variable and "
            "key: `NAME-file` names a file\n"
            "to read it from. Unknown names and values out of bounds refuse the start.\n\n"
            "| setting | program | default | accepts | what it does |\n|---|---|---|---|---|");
    for (const mm_setting_t *row = mm_setting_rows(); row->name != NULL; row++) {
        char accepts[MM_SETTING_ACCEPTS_BYTES];

        mm_setting_accepts(row, accepts);
        (void)printf("| `%s`%s | %s | %s%s%s | %s | %s |\n", row->name,
                     row->kind == MM_SETTING_IS_SECRET ? " (secret)" : "",
                     program_word(row->programs), row->value[0] != '\0' ? "`" : "", row->value,
                     row->value[0] != '\0' ? "`" : "", accepts, row->doc);
    }
    (void)printf("\nVariables of the existing server; the `MIKROMEET_` ones win:\n\n| variable | "
                 "setting |\n|---|---|\n");
    for (const mm_setting_legacy_t *old = mm_setting_legacies(); old->variable != NULL; old++)
        (void)printf("| `%s` | `%s`%s%s |\n", old->variable, old->name,
                     old->unit[0] != '\0' ? ", in " : "", old->unit);
}

static void print_counters(void)
{
    heading("Counters", "On SIGUSR1 a program logs one line with the event `counters`: these, and "
                        "by message and error what is not\n"
                        "zero of `received_…`, `sent_…` and `refused_…`. A gauge says what is now, "
                        "the others only grow.\n\n"
                        "| counter | program | what it counts |\n|---|---|---|");
    for (const mm_counter_row_t *row = mm_counter_rows(); row->name != NULL; row++)
        (void)printf("| `%s`%s | %s | %s |\n", row->name, row->is_gauge ? " (gauge)" : "",
                     program_word(row->programs), row->doc);
}

int main(void)
{
    (void)printf("# The protocol of MikroMeet\n\n"
                 "Generated from the tables in this folder (`ninja -C build/dev protocol_page && "
                 "build/dev/bin/protocol_page >\n"
                 "proto/PROTOCOL.md`); do not edit. How messages travel between gateway and "
                 "broker, byte by byte, is in\n"
                 "[LINK.md](LINK.md). A body on the bus is a msgpack map of the members below; an "
                 "id is 16 bytes there and a UUID\n"
                 "towards browsers.\n");
    print_messages();
    print_errors();
    print_settings();
    print_counters();
    return 0;
}
