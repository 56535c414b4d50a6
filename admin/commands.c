/* The subcommands that ask one thing and show the answer.
 * Not here: watch (admin/watch.c), how an answer looks (admin/table.h, admin/value.h). */
#include "admin/command.h"

#include "admin/escape.h"
#include "admin/session.h"
#include "admin/table.h"
#include "admin/value.h"
#include "proto/settings_row.h"

#include <assert.h>
#include <errno.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PASSWORD_BYTES = 4 * 50, WORD_BYTES = 64, ADDRESS_BYTES = 16 };

mm_flag_t *mm_command_flags(void)
{
    static mm_flag_t flags[MM_FLAG_LIMIT + 1] = {
        [MM_FLAG_JSON] = {.name = "json"},
        [MM_FLAG_ROOM] = {.name = "room", .has_value = true},
        [MM_FLAG_TITLE] = {.name = "title", .has_value = true},
        [MM_FLAG_PASSWORD_FILE] = {.name = "password-file", .has_value = true},
        [MM_FLAG_MAX] = {.name = "max", .has_value = true},
    };

    return flags;
}

/* --- failing ------------------------------------------------------------------------------- */

static int say_failure(int status, const char *what, const char *why)
{
    char *shown = mm_escape(mm_text(what != NULL ? what : ""));

    fprintf(stderr, "mikromeet-admin: %s%s%s\n", shown, what != NULL ? ": " : "", why);
    free(shown);
    return status;
}

int mm_command_fail(const mm_call_t *call, int err, const char *what)
{
    if (err == MM_ERR_UNAVAILABLE)
        return say_failure(MM_EXIT_NO_BROKER, call->endpoint, "no broker answers there");
    if (err == MM_ERR_SYSTEM)
        return say_failure(MM_EXIT_NO_BROKER, call->endpoint, strerror(errno));
    if (err == MM_ERR_AGAIN)
        return say_failure(MM_EXIT_TIMEOUT, NULL, "the broker did not answer in time");
    if (err == MM_ERR_ROOM_NOT_FOUND)
        return say_failure(MM_EXIT_NOT_FOUND, what, "no such room");
    if (err == MM_ERR_TARGET_NOT_FOUND || err == MM_ERR_TARGET_GONE)
        return say_failure(MM_EXIT_NOT_FOUND, what, "no such participant");
    return say_failure(MM_EXIT_REFUSED, what,
                       err > 0 && err < MM_ERR_LIMIT ? mm_err_text((mm_err_t)err)
                                                     : "the broker refused");
}

/* --- asking -------------------------------------------------------------------------------- */

/* Asks, and takes the result out of the answer: a new reference, NULL with `*err` set. */
static json_t *ask(mm_session_t *session, mm_msg_t msg, const void *message, const mm_id_t *target,
                   int *err)
{
    struct mm_admin_answer answer;
    mm_fault_t fault;
    mm_slice_t body;
    mm_cursor_t cursor;
    json_t *result;

    *err = (int)mm_session_ask(session, msg, message, target, (mm_stamp_t){0}, &body);
    if (*err != MM_OK)
        return NULL;
    *err = (int)mm_message_read(mm_spec(MM_MSG_ADMIN_ANSWER), body, &answer, &fault);
    if (*err == MM_OK)
        *err = (int)answer.error;
    if (*err != MM_OK)
        return NULL;
    cursor = mm_cursor(answer.result);
    result = mm_value_read(&cursor);
    if (result == NULL)
        *err = MM_ERR_MALFORMED;
    return result;
}

/* The same in a session of its own. */
static json_t *ask_once(const mm_call_t *call, mm_msg_t msg, const void *message,
                        const mm_id_t *target, int *err)
{
    mm_session_t *session = NULL;
    json_t *result = NULL;

    *err = (int)mm_session_open(call->settings, call->endpoint, &session);
    if (*err == MM_OK)
        result = ask(session, msg, message, target, err);
    mm_session_close(&session);
    return result;
}

/* --- showing ------------------------------------------------------------------------------- */

static const mm_column_t room_columns[] = {{"roomId", "ROOM", MM_COLUMN_PLAIN},
                                           {"participants", "PEOPLE", MM_COLUMN_PLAIN},
                                           {"maxParticipants", "SEATS", MM_COLUMN_PLAIN},
                                           {"waiting", "WAITING", MM_COLUMN_PLAIN},
                                           {"locked", "LOCKED", MM_COLUMN_PLAIN},
                                           {"needsPassword", "PASSWORD", MM_COLUMN_PLAIN},
                                           {"kept", "KEPT", MM_COLUMN_PLAIN},
                                           {"created", "CREATED (UTC)", MM_COLUMN_TIME},
                                           {"title", "TITLE", MM_COLUMN_PLAIN},
                                           {NULL, NULL, MM_COLUMN_PLAIN}};

static const mm_column_t person_columns[] = {{"participantId", "PARTICIPANT", MM_COLUMN_PLAIN},
                                             {"isModerator", "MODERATOR", MM_COLUMN_PLAIN},
                                             {"isMuted", "MUTED", MM_COLUMN_PLAIN},
                                             {"isVideoOff", "VIDEO OFF", MM_COLUMN_PLAIN},
                                             {"isHandRaised", "HAND", MM_COLUMN_PLAIN},
                                             {"name", "NAME", MM_COLUMN_PLAIN},
                                             {NULL, NULL, MM_COLUMN_PLAIN}};

static const mm_column_t gateway_columns[] = {{"gateway", "GATEWAY", MM_COLUMN_PLAIN},
                                              {"up", "UP", MM_COLUMN_PLAIN},
                                              {"session", "SESSION", MM_COLUMN_PLAIN},
                                              {"connections", "CONNECTIONS", MM_COLUMN_PLAIN},
                                              {"backlog", "BACKLOG (BYTES)", MM_COLUMN_PLAIN},
                                              {"silent", "SILENT", MM_COLUMN_DURATION},
                                              {NULL, NULL, MM_COLUMN_PLAIN}};

static const mm_column_t stats_columns[] = {{"version", "version", MM_COLUMN_PLAIN},
                                            {"epoch", "epoch", MM_COLUMN_PLAIN},
                                            {"uptime", "uptime", MM_COLUMN_DURATION},
                                            {NULL, NULL, MM_COLUMN_PLAIN}};

static void show_people(const json_t *people, const char *title)
{
    if (json_array_size(people) == 0)
        return;
    printf("\n%s\n", title);
    mm_table_print(people, person_columns, stdout);
}

/* --- rooms, room --------------------------------------------------------------------------- */

/* Page by page; rooms that come and go meanwhile may be missed, none is told twice. */
static json_t *all_rooms(mm_session_t *session, int *err)
{
    json_t *rooms = json_array();
    struct mm_admin_rooms asked = {.present = MM_HAS(admin_rooms, after)};

    for (bool is_last = false; !is_last;) {
        json_t *page = ask(session, MM_MSG_ADMIN_ROOMS, &asked, NULL, err);
        if (page == NULL) {
            json_decref(rooms);
            return NULL;
        }
        const json_t *next = json_object_get(page, "next");
        json_array_extend(rooms, json_object_get(page, "rooms"));
        is_last = !json_is_integer(next) || json_integer_value(next) <= asked.after;
        asked.after = json_integer_value(next);
        json_decref(page);
    }
    return rooms;
}

static int run_rooms(mm_call_t *call)
{
    mm_session_t *session = NULL;
    int err = (int)mm_session_open(call->settings, call->endpoint, &session);
    json_t *rooms = err == MM_OK ? all_rooms(session, &err) : NULL;

    mm_session_close(&session);
    if (rooms == NULL)
        return mm_command_fail(call, err, NULL);
    if (call->is_json)
        mm_value_print(rooms, stdout);
    else
        mm_table_print(rooms, room_columns, stdout);
    json_decref(rooms);
    return MM_EXIT_OK;
}

/* What cannot be a room's id is none. */
static bool read_room(const mm_call_t *call, const char *word, mm_text_t *out)
{
    *out = mm_text(word);
    if (out->len >= 1 && out->len <= WORD_BYTES && mm_text_is_utf8(*out))
        return true;
    mm_command_fail(call, MM_ERR_ROOM_NOT_FOUND, word);
    return false;
}

/* An id that is not spelled as one is refused by the broker as a member that it cannot read: for an operator it is no room either. */
static int as_not_found(int err)
{
    return err == MM_ERR_INVALID_MESSAGE ? MM_ERR_ROOM_NOT_FOUND : err;
}

static int run_room(mm_call_t *call)
{
    struct mm_admin_room asked = {0};
    json_t *room;
    int err;

    if (!read_room(call, call->words[0], &asked.room))
        return MM_EXIT_NOT_FOUND;
    room = ask_once(call, MM_MSG_ADMIN_ROOM, &asked, NULL, &err);
    if (room == NULL)
        return mm_command_fail(call, as_not_found(err), call->words[0]);
    if (call->is_json) {
        mm_value_print(room, stdout);
    } else {
        mm_table_print_object(room, room_columns, stdout);
        show_people(json_object_get(room, "people"), "In the room");
        show_people(json_object_get(room, "atTheDoor"), "At the door");
    }
    json_decref(room);
    return MM_EXIT_OK;
}

/* --- close, kick --------------------------------------------------------------------------- */

/* What was done: {"done": word, "roomId": ...}. */
static void show_done(const mm_call_t *call, const char *done, const char *what)
{
    char *shown = mm_escape(mm_text(what));
    json_t *value = json_pack("{s:s}", done, shown);

    if (call->is_json)
        mm_value_print(value, stdout);
    else
        printf("%s %s\n", done, shown);
    json_decref(value);
    free(shown);
}

static int run_close(mm_call_t *call)
{
    struct mm_admin_close asked = {0};
    json_t *done;
    int err;

    if (!read_room(call, call->words[0], &asked.room))
        return MM_EXIT_NOT_FOUND;
    done = ask_once(call, MM_MSG_ADMIN_CLOSE, &asked, NULL, &err);
    if (done == NULL)
        return mm_command_fail(call, as_not_found(err), call->words[0]);
    json_decref(done);
    show_done(call, "closed", call->words[0]);
    return MM_EXIT_OK;
}

static int run_kick(mm_call_t *call)
{
    struct mm_admin_kick asked = {0};
    json_t *done;
    int err;

    if (!read_room(call, call->words[0], &asked.room))
        return MM_EXIT_NOT_FOUND;
    if (!mm_id_parse(mm_text(call->words[1]), &asked.target))
        return mm_command_fail(call, MM_ERR_TARGET_NOT_FOUND, call->words[1]);
    done = ask_once(call, MM_MSG_ADMIN_KICK, &asked, &asked.target, &err);
    err = as_not_found(err);
    if (done == NULL)
        return mm_command_fail(call, err, call->words[err == MM_ERR_ROOM_NOT_FOUND ? 0 : 1]);
    json_decref(done);
    show_done(call, "kicked", call->words[1]);
    return MM_EXIT_OK;
}

/* --- stats, gateways ----------------------------------------------------------------------- */

static int run_stats(mm_call_t *call)
{
    struct mm_admin_stats asked = {0};
    int err;
    json_t *stats = ask_once(call, MM_MSG_ADMIN_STATS, &asked, NULL, &err);

    if (stats == NULL)
        return mm_command_fail(call, err, NULL);
    if (call->is_json) {
        mm_value_print(stats, stdout);
    } else {
        mm_table_print_object(stats, stats_columns, stdout);
        mm_table_print_members(json_object_get(stats, "counters"), stdout);
    }
    json_decref(stats);
    return MM_EXIT_OK;
}

static int run_gateways(mm_call_t *call)
{
    struct mm_admin_gateways asked = {0};
    int err;
    json_t *gateways = ask_once(call, MM_MSG_ADMIN_GATEWAYS, &asked, NULL, &err);

    if (gateways == NULL)
        return mm_command_fail(call, err, NULL);
    if (call->is_json)
        mm_value_print(gateways, stdout);
    else
        mm_table_print(gateways, gateway_columns, stdout);
    json_decref(gateways);
    return MM_EXIT_OK;
}

/* --- create -------------------------------------------------------------------------------- */

/* As mm_setting_read_file, which takes files only. */
static char *read_stdin(size_t limit, size_t *length)
{
    char *bytes = malloc(limit + 1);

    assert(bytes != NULL);
    *length = fread(bytes, 1, limit, stdin);
    bytes[*length] = '\0';
    return bytes;
}

/* Never by a flag: a command line can be read by everybody on the machine.  "-" is stdin. */
static bool read_password(const char *path, char **out)
{
    size_t length = 0;

    *out = NULL;
    if (path == NULL)
        return true;
    *out = strcmp(path, "-") == 0 ? read_stdin(PASSWORD_BYTES + 2, &length)
                                  : mm_setting_read_file(path, PASSWORD_BYTES + 2, &length);
    if (*out == NULL) {
        say_failure(MM_EXIT_USAGE, "--password-file", strerror(errno));
        return false;
    }
    while (length > 0 && ((*out)[length - 1] == '\n' || (*out)[length - 1] == '\r'))
        (*out)[--length] = '\0';
    if (length > 0 && strlen(*out) == length && mm_text_is_utf8(mm_text(*out)) &&
        mm_text_chars(mm_text(*out)) <= 50)
        return true;
    say_failure(MM_EXIT_USAGE, "--password-file", "must hold 1 to 50 characters of text");
    return false;
}

static bool read_max(const char *value, struct mm_create_room *wish)
{
    char *end = NULL;
    long max;

    if (value == NULL)
        return true;
    errno = 0;
    max = strtol(value, &end, 10);
    if (errno != 0 || *end != '\0' || end == value || max < 2 || max > 1000) {
        say_failure(MM_EXIT_USAGE, "--max", "must be a whole number, 2 to 1000");
        return false;
    }
    wish->max_participants = max;
    wish->present |= MM_HAS(create_room, max_participants);
    return true;
}

static bool read_wish(const mm_call_t *call, const char *password, struct mm_create_room *wish)
{
    const char *title = call->flags[MM_FLAG_TITLE].value, *room = call->flags[MM_FLAG_ROOM].value;

    if (title != NULL) {
        wish->title = mm_text_trim(mm_text(title));
        wish->present |= MM_HAS(create_room, title);
        if (!mm_text_is_utf8(wish->title) || wish->title.len == 0 ||
            mm_text_chars(wish->title) > 80) {
            say_failure(MM_EXIT_USAGE, "--title", "must be 1 to 80 characters");
            return false;
        }
    }
    if (room != NULL) {
        wish->room = mm_text(room);
        wish->present |= MM_HAS(create_room, room);
        if (wish->room.len != MM_ROOM_ID_CHARS) {
            say_failure(MM_EXIT_USAGE, "--room", "must be 6 letters or digits");
            return false;
        }
    }
    if (password != NULL) {
        wish->password = mm_text(password);
        wish->present |= MM_HAS(create_room, password);
    }
    return read_max(call->flags[MM_FLAG_MAX].value, wish);
}

/* 32 letters and digits that nobody mixes up: 5 bits of each random byte. */
static void draw_candidates(char out[MM_ROOM_ID_CHARS * MM_ROOM_ID_CANDIDATES])
{
    static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    unsigned char random[MM_ROOM_ID_CHARS * MM_ROOM_ID_CANDIDATES];

    if (RAND_bytes(random, sizeof random) != 1)
        abort();
    for (size_t i = 0; i < sizeof random; i++)
        out[i] = letters[random[i] % 32];
}

static mm_err_t create(const mm_call_t *call, const struct mm_create_room *wish,
                       struct mm_room_created *created, char room[MM_ROOM_ID_MAX + 1])
{
    char candidates[MM_ROOM_ID_CHARS * MM_ROOM_ID_CANDIDATES];
    unsigned char random[16];
    mm_stamp_t stamp = {.candidates = {candidates, sizeof candidates}};
    mm_session_t *session = NULL;
    mm_slice_t body;
    mm_fault_t fault;
    mm_err_t err = mm_session_open(call->settings, call->endpoint, &session);

    draw_candidates(candidates);
    if (RAND_bytes(random, sizeof random) != 1)
        abort();
    stamp.fresh = mm_id_from_random(random);
    if (err == MM_OK)
        err = mm_session_ask(session, MM_MSG_CREATE_ROOM, wish, NULL, stamp, &body);
    if (err == MM_OK)
        err = mm_message_read(mm_spec(MM_MSG_ROOM_CREATED), body, created, &fault);
    if (err == MM_OK)
        err = (mm_err_t)created->error;
    if (err == MM_OK) /* the body ends with the session */
        snprintf(room, MM_ROOM_ID_MAX + 1, "%.*s", (int)created->room.len, created->room.ptr);
    mm_session_close(&session);
    return err;
}

static int run_create(mm_call_t *call)
{
    static const uint8_t nowhere[ADDRESS_BYTES] = {0}; /* an operator has no address */
    struct mm_create_room wish = {.address = {nowhere, sizeof nowhere}};
    struct mm_room_created created;
    char *password = NULL, room[MM_ROOM_ID_MAX + 1];
    int status = MM_EXIT_USAGE;

    if (read_password(call->flags[MM_FLAG_PASSWORD_FILE].value, &password) &&
        read_wish(call, password, &wish)) {
        mm_err_t err = create(call, &wish, &created, room);
        status = err == MM_OK ? MM_EXIT_OK
                              : mm_command_fail(call, (int)err, call->flags[MM_FLAG_ROOM].value);
    }
    if (password != NULL)
        explicit_bzero(password, strlen(password));
    free(password);
    if (status == MM_EXIT_OK) {
        char token[MM_ID_CHARS];
        mm_id_print(&created.creator_token, token);
        json_t *value =
            json_pack("{s:s,s:s%}", "roomId", room, "creatorToken", token, sizeof token);
        if (call->is_json)
            mm_value_print(value, stdout);
        else
            mm_table_print_members(value, stdout);
        json_decref(value);
    }
    return status;
}

/* --- the table ----------------------------------------------------------------------------- */

enum { JSON = 1 << MM_FLAG_JSON };
enum {
    CREATE = JSON | 1 << MM_FLAG_ROOM | 1 << MM_FLAG_TITLE | 1 << MM_FLAG_PASSWORD_FILE |
             1 << MM_FLAG_MAX
};

const mm_command_t *mm_commands(void)
{
    static const mm_command_t commands[] = {
        {"rooms", "", 0, JSON, run_rooms, "all rooms, in the order in which they were made"},
        {"room", "ID", 1, JSON, run_room, "one room and who is in it"},
        {"create", "[--room=ID] [--title=TEXT] [--password-file=FILE] [--max=SEATS]", 0, CREATE,
         run_create, "makes a room; FILE may be - for stdin"},
        {"close", "ID", 1, JSON, run_close, "ends a meeting for everybody; the room is gone"},
        {"kick", "ID PARTICIPANT", 2, JSON, run_kick, "removes one participant"},
        {"stats", "", 0, JSON, run_stats, "figures and counters of the broker"},
        {"gateways", "", 0, JSON, run_gateways, "the gateways of the broker"},
        {"watch", "", 0, JSON, mm_command_watch,
         "follows the feed until it is interrupted (proto/FEED.md)"},
        {NULL, NULL, 0, 0, NULL, NULL},
    };

    return commands;
}
