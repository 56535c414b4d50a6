/* The player of scripts, see the header.  It stands where the broker core stands: it makes stamps, hashes passwords (badly), applies
 * changes to a store and looks at every output. */
#include "meeting.h"

#include "line.h"

#include <czmq.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { ACTORS_MAX = 64, TEXT_MAX = 16384, RECORDS_MAX = 64 };

typedef struct actor {
    char name[16];
    int joins;
    bool is_bound, is_closed;
    char room[MM_ROOM_ID_MAX + 1];
    mm_id_t id;
} actor_t;

typedef struct record {
    char key[MM_ROOM_ID_MAX + 1];
    uint8_t value[1024];
    size_t len;
} record_t;

struct meeting {
    mm_settings_t settings;
    mm_counters_t counters;
    mm_registry_t *registry; /* made with the first line */
    mm_outbox_t outbox;
    int64_t now_ms;
    actor_t actors[ACTORS_MAX];
    size_t actors_count;
    record_t records[RECORDS_MAX];
    size_t records_count;
    uint8_t salts; /* drawn so far */
    mm_err_t result;
    char out[TEXT_MAX];
    size_t out_len;
};

/* --- names ------------------------------------------------------------------------------------- */

static void print(meeting_t *meeting, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void print(meeting_t *meeting, const char *format, ...)
{
    size_t room = sizeof meeting->out - meeting->out_len;
    va_list arguments;

    va_start(arguments, format);
    int len = vsnprintf(meeting->out + meeting->out_len, room, format, arguments);
    va_end(arguments);
    assert_true(len >= 0 && (size_t)len < room);
    meeting->out_len += (size_t)len;
}

static void print_id(meeting_t *meeting, const mm_id_t *id)
{
    if (mm_id_is_nil(id))
        print(meeting, "nobody");
    else
        print(meeting, "%.16s", (const char *)id->bytes);
}

static actor_t *find_actor(meeting_t *meeting, const char *name)
{
    for (size_t i = 0; i < meeting->actors_count; i++)
        if (strcmp(meeting->actors[i].name, name) == 0)
            return &meeting->actors[i];
    assert_true(meeting->actors_count < ACTORS_MAX &&
                strlen(name) < sizeof meeting->actors[0].name);
    actor_t *actor = &meeting->actors[meeting->actors_count++];
    strcpy(actor->name, name);
    return actor;
}

static mm_contact_t contact_of(const meeting_t *meeting, const actor_t *actor)
{
    uint64_t number = (uint64_t)(actor - meeting->actors);

    return (mm_contact_t){.incarnation = 1000 + number % 2, .connection = 1 + number};
}

static actor_t *actor_at(meeting_t *meeting, const mm_contact_t *contact)
{
    for (size_t i = 0; i < meeting->actors_count; i++) {
        mm_contact_t known = contact_of(meeting, &meeting->actors[i]);
        if (mm_contact_equal(&known, contact))
            return &meeting->actors[i];
    }
    fail_msg("an output for a connection that nobody has");
    return NULL;
}

/* --- a new meeting ----------------------------------------------------------------------------- */

meeting_t *meeting_new(void)
{
    meeting_t *meeting = calloc(1, sizeof *meeting);

    assert_non_null(meeting);
    meeting->settings = (mm_settings_t){.max_rooms = 1000,
                                        .max_latent_rooms = 100,
                                        .max_latent_rooms_per_address = 10,
                                        .latent_room_max_age = INT64_C(24) * 3600 * 1000,
                                        .max_participants = 50,
                                        .default_participants = 8,
                                        .waiting_list = 50,
                                        .gone_per_room = 256,
                                        .gone_total = 1000,
                                        .gone_memory = INT64_C(3600) * 1000};
    meeting->now_ms = 1000000;
    mm_outbox_init(&meeting->outbox);
    return meeting;
}

void meeting_destroy(meeting_t **meeting_p)
{
    meeting_t *meeting = *meeting_p;

    mm_registry_destroy(&meeting->registry);
    mm_outbox_fini(&meeting->outbox);
    free(meeting);
    *meeting_p = NULL;
}

int meeting_setup(void **state)
{
    *state = meeting_new();
    return 0;
}

int meeting_teardown(void **state)
{
    meeting_t *meeting = *state;

    meeting_destroy(&meeting);
    return 0;
}

mm_settings_t *meeting_settings(meeting_t *meeting)
{
    assert_null(meeting->registry);
    return &meeting->settings;
}

const mm_counters_t *meeting_counters(const meeting_t *meeting)
{
    return &meeting->counters;
}

mm_registry_t *meeting_registry(meeting_t *meeting)
{
    if (meeting->registry == NULL)
        meeting->registry = mm_registry_new(&meeting->settings, &meeting->counters);
    return meeting->registry;
}

mm_err_t meeting_result(const meeting_t *meeting)
{
    return meeting->result;
}

/* --- a turn --------------------------------------------------------------------------------------- */

static void hash_badly(const char *secret, size_t len, mm_password_t *password)
{
    memset(password->hash, 0, sizeof password->hash);
    for (size_t i = 0; i < sizeof password->hash && i < len; i++)
        password->hash[i] = (uint8_t)(secret[i] ^ password->salt[0]);
    password->is_set = true;
}

static void find_proof(meeting_t *meeting, mm_input_t *input)
{
    mm_password_t against = {0}, tried;
    mm_text_t secret;

    input->proof = (mm_proof_t){0};
    switch (mm_registry_needs_proof(meeting->registry, input, &secret, &against)) {
    case MM_PROOF_NONE:
        return;
    case MM_PROOF_MADE:
        input->proof.kind = MM_PROOF_MADE;
        input->proof.password.salt[0] = ++meeting->salts;
        hash_badly(secret.ptr, secret.len, &input->proof.password);
        return;
    case MM_PROOF_WRONG:
    case MM_PROOF_RIGHT:
        tried = against;
        hash_badly(secret.ptr, secret.len, &tried);
        input->proof.password = against;
        input->proof.kind = memcmp(tried.hash, against.hash, sizeof tried.hash) == 0
                                ? MM_PROOF_RIGHT
                                : MM_PROOF_WRONG;
        return;
    }
}

static mm_id_t fresh_id(actor_t *actor, const line_t *line, mm_msg_t msg)
{
    const char *wish = line_value(line, "fresh");
    char name[32];

    if (wish != NULL)
        return line_id(wish);
    if (msg != MM_MSG_JOIN && msg != MM_MSG_CREATE_ROOM)
        return (mm_id_t){0};
    if (msg == MM_MSG_CREATE_ROOM || ++actor->joins == 1)
        return line_id(actor->name);
    snprintf(name, sizeof name, "%s%d", actor->name, actor->joins);
    return line_id(name);
}

/* The name goes on with a new connection; nothing may be said to the old one. */
static void hang_up(meeting_t *meeting, actor_t *actor)
{
    char name[sizeof actor->name];
    int joins = actor->joins;

    strcpy(name, actor->name);
    strcpy(actor->name, "-");
    actor->is_bound = false;
    actor->is_closed = true;
    find_actor(meeting, name)->joins = joins;
}

static void run(meeting_t *meeting, const line_t *line)
{
    actor_t *actor = find_actor(meeting, line->words[0]);
    uint8_t body[4096], client_time[16];
    mm_writer_t writer = mm_writer(body, sizeof body);
    mm_writer_t time = mm_writer(client_time, sizeof client_time);
    const char *candidates = line_value(line, "candidates"), *t = line_value(line, "t");
    mm_input_t input = {.contact = contact_of(meeting, actor),
                        .spec = mm_spec_by_wire(mm_text(line->words[1])),
                        .stamp = {.time_ms = meeting->now_ms}};

    assert_non_null(input.spec);
    line_write_body(line, input.spec, &writer);
    input.body = mm_writer_slice(&writer);
    if ((input.spec->flags & MM_TARGETED) != 0 && line_value(line, "targetId") != NULL &&
        *line_value(line, "targetId") != '!')
        input.target = line_id(line_value(line, "targetId"));
    if (t != NULL) {
        mm_write_i64(&time, strtoll(t, NULL, 10));
        input.stamp.client_time = mm_writer_slice(&time);
    }
    input.stamp.fresh = fresh_id(actor, line, input.spec->msg);
    if (candidates != NULL)
        input.stamp.candidates = mm_text(candidates);
    find_proof(meeting, &input);
    meeting->result = mm_registry_turn(meeting->registry, &input, &meeting->outbox);
    if (input.spec->msg == MM_MSG_GONE)
        hang_up(meeting, actor);
    assert_int_not_equal(meeting->result, MM_ERR_AGAIN);
}

/* --- what came out --------------------------------------------------------------------------------- */

static void print_text(meeting_t *meeting, mm_text_t text)
{
    bool has_space = text.len == 0 || memchr(text.ptr, ' ', text.len) != NULL;

    print(meeting, has_space ? "'%.*s'" : "%.*s", (int)text.len, text.ptr);
}

static void print_value(meeting_t *meeting, mm_cursor_t *cursor)
{
    mm_type_t type = mm_cursor_peek(cursor);
    mm_slice_t bin;
    mm_id_t id = {0};

    if (type == MM_TYPE_IS_STR)
        print_text(meeting, mm_cursor_str(cursor));
    else if (type == MM_TYPE_IS_INT)
        print(meeting, "%" PRId64, mm_cursor_i64(cursor));
    else if (type == MM_TYPE_IS_BIN) {
        bin = mm_cursor_bin(cursor);
        assert_int_equal(bin.len, sizeof id);
        memcpy(&id, bin.ptr, sizeof id);
        print_id(meeting, &id);
    } else {
        assert_true(type == MM_TYPE_IS_NIL);
        mm_cursor_nil(cursor);
        print(meeting, "null");
    }
}

static void print_members(meeting_t *meeting, mm_slice_t body)
{
    mm_cursor_t cursor = mm_cursor(body);

    for (uint32_t left = mm_cursor_map(&cursor); left > 0; left--) {
        mm_text_t key = mm_cursor_str(&cursor);
        if (mm_text_is(key, "seats")) {
            int64_t seats = mm_cursor_i64(&cursor);
            if (seats != meeting->settings.default_participants)
                print(meeting, " seats=%" PRId64, seats);
            continue;
        }
        if (mm_cursor_peek(&cursor) == MM_TYPE_IS_BOOL) {
            print(meeting, " %c%.*s", mm_cursor_bool(&cursor) ? '+' : '-', (int)key.len, key.ptr);
            continue;
        }
        print(meeting, " %.*s=", (int)key.len, key.ptr);
        print_value(meeting, &cursor);
    }
    assert_false(cursor.failed);
    assert_true(mm_cursor_at_end(&cursor));
}

static bool is_for_strangers(mm_msg_t msg)
{
    return msg == MM_MSG_ERROR || msg == MM_MSG_ROOM_CREATED || msg == MM_MSG_ROOM_FACTS ||
           msg == MM_MSG_ROOM_DELETED;
}

/* Keeps the gateway's view of a connection, and asks whether the output may go there at all. */
static void check_recipient(actor_t *actor, const mm_output_t *output, mm_slice_t body)
{
    struct mm_bind bind;
    mm_fault_t fault;

    if (actor->is_closed)
        fail_msg("%s got %s after its close", actor->name, mm_spec(output->msg)->wire);
    if (output->msg == MM_MSG_BIND) {
        assert_int_equal(mm_message_read(mm_spec(MM_MSG_BIND), body, &bind, &fault), MM_OK);
        snprintf(actor->room, sizeof actor->room, "%.*s", (int)bind.room.len, bind.room.ptr);
        actor->id = bind.participant;
        actor->is_bound = true;
    } else if (output->msg == MM_MSG_UNBIND) {
        assert_true(actor->is_bound);
        actor->is_bound = false;
    } else if (output->msg == MM_MSG_CLOSE) {
        actor->is_bound = false;
        actor->is_closed = true;
    } else if (!is_for_strangers(output->msg) && !actor->is_bound) {
        fail_msg("%s got %s and is in no room", actor->name, mm_spec(output->msg)->wire);
    }
}

static void print_output(meeting_t *meeting, const mm_output_t *output)
{
    const mm_outbox_t *outbox = &meeting->outbox;
    mm_slice_t body = mm_outbox_slice(outbox, output->body, output->body_len);
    mm_cursor_t time = mm_cursor(mm_outbox_slice(outbox, output->time, output->time_len));

    assert_true(output->to_count > 0);
    for (size_t i = 0; i < output->to_count; i++) {
        actor_t *actor = actor_at(meeting, &outbox->contacts[output->to + i]);
        print(meeting, "%s%s", i > 0 ? " " : "", actor->name);
        check_recipient(actor, output, body);
    }
    print(meeting, ": %s", mm_spec(output->msg)->wire);
    if (output->has_from) {
        print(meeting, "(");
        print_id(meeting, &output->from);
        print(meeting, ")");
    }
    print_members(meeting, body);
    int64_t time_ms = mm_cursor_i64(&time);
    assert_false(time.failed);
    if (time_ms != meeting->now_ms)
        print(meeting, " t=%" PRId64, time_ms);
    print(meeting, "\n");
}

static void apply_change(meeting_t *meeting, const mm_change_t *change)
{
    mm_slice_t key = mm_outbox_slice(&meeting->outbox, change->key, change->key_len);
    mm_slice_t value = mm_outbox_slice(&meeting->outbox, change->value, change->value_len);
    record_t *record = meeting->records;
    char name[MM_ROOM_ID_MAX + 1];

    snprintf(name, sizeof name, "%.*s", (int)key.len, (const char *)key.ptr);
    while (record < meeting->records + meeting->records_count && strcmp(record->key, name) != 0)
        record++;
    if (change->is_removal) {
        print(meeting, "store: forget %s%s\n", name, change->is_durable ? " durably" : "");
        assert_true(record < meeting->records + meeting->records_count);
        *record = meeting->records[--meeting->records_count];
        return;
    }
    print(meeting, "store: %s%s\n", name, change->is_durable ? " durably" : "");
    if (record == meeting->records + meeting->records_count)
        meeting->records_count++;
    assert_true(meeting->records_count <= RECORDS_MAX && value.len <= sizeof record->value);
    strcpy(record->key, name);
    memcpy(record->value, value.ptr, value.len);
    record->len = value.len;
}

/* --- invariants --------------------------------------------------------------------------------------- */

typedef struct census {
    meeting_t *meeting;
    mm_text_t room;
    size_t seated, waiting;         /* in all */
    size_t room_seated, moderators; /* in the room that is visited */
} census_t;

static void end_room(census_t *census)
{
    if (census->room_seated > 0)
        assert_true(census->moderators > 0);
    census->room_seated = census->moderators = 0;
}

static void count_person(void *ctx, const mm_registry_person_t *person)
{
    census_t *census = ctx;
    actor_t *actor = actor_at(census->meeting, &person->contact);

    if (!mm_text_equal(census->room, person->room))
        end_room(census);
    census->room = person->room;
    assert_true(actor->is_bound && !actor->is_closed);
    assert_true(mm_id_equal(&actor->id, &person->id));
    assert_true(mm_text_is(person->room, actor->room));
    assert_true(mm_text_equal(mm_registry_room_of(census->meeting->registry, person->contact),
                              person->room));
    if (person->is_waiting) {
        census->waiting++;
        assert_true(person->room_locked && census->room_seated > 0);
        return;
    }
    census->seated++;
    census->room_seated++;
    census->moderators += person->is_moderator ? 1 : 0;
    assert_true(census->room_seated <= person->capacity);
}

static void check_invariants(meeting_t *meeting)
{
    census_t census = {.meeting = meeting};
    size_t bound = 0;

    mm_registry_each(meeting->registry, count_person, &census);
    end_room(&census);
    for (size_t i = 0; i < meeting->actors_count; i++)
        bound += meeting->actors[i].is_bound ? 1 : 0;
    assert_int_equal(bound, census.seated + census.waiting);
    assert_int_equal(meeting->counters.participants, census.seated);
    assert_int_equal(meeting->counters.waiting, census.waiting);
    assert_true(meeting->counters.rooms ==
                meeting->counters.rooms_created - meeting->counters.rooms_ended);
    assert_true(meeting->counters.joins - meeting->counters.leaves == census.seated);
}

/* --- playing ------------------------------------------------------------------------------------------- */

static void let_time_pass(meeting_t *meeting, const char *duration)
{
    char *unit;
    int64_t amount = strtoll(duration, &unit, 10);

    meeting->now_ms += amount * (strcmp(unit, "h") == 0     ? 3600000
                                 : strcmp(unit, "m") == 0   ? 60000
                                 : strcmp(unit, "s") == 0   ? 1000
                                 : strcmp(unit, "day") == 0 ? 86400000
                                                            : 1);
    if (mm_registry_next_time(meeting->registry) <= meeting->now_ms)
        mm_registry_on_time(meeting->registry, meeting->now_ms, &meeting->outbox);
}

static void restart(meeting_t *meeting)
{
    mm_registry_destroy(&meeting->registry);
    for (size_t i = 0; i < meeting->actors_count; i++)
        meeting->actors[i].is_bound = meeting->actors[i].is_closed = false;
    meeting->counters = (mm_counters_t){0};
    meeting_registry(meeting);
    for (size_t i = 0; i < meeting->records_count; i++) {
        const record_t *record = &meeting->records[i];
        mm_slice_t value = {record->value, record->len};
        assert_int_equal(mm_registry_restore(meeting->registry, mm_text(record->key), value),
                         MM_OK);
    }
    meeting->counters.rooms_created =
        meeting->counters.rooms; /* what check_invariants compares with */
}

const char *meeting_say(meeting_t *meeting, const char *text)
{
    static line_t line;

    meeting_registry(meeting);
    line_split(text, &line);
    meeting->now_ms++;
    meeting->out_len = 0;
    meeting->out[0] = 0;
    meeting->result = MM_OK;
    mm_outbox_clear(&meeting->outbox);
    if (strcmp(line.words[0], "time") == 0)
        let_time_pass(meeting, line.words[1]);
    else if (strcmp(line.words[0], "restart") == 0)
        restart(meeting);
    else
        run(meeting, &line);
    for (size_t i = 0; i < meeting->outbox.count; i++)
        print_output(meeting, &meeting->outbox.outputs[i]);
    for (size_t i = 0; i < meeting->outbox.changes_count; i++)
        apply_change(meeting, &meeting->outbox.changes[i]);
    if (meeting->result != MM_OK && meeting->outbox.count == 0)
        print(meeting, "= %s\n", mm_err_name(meeting->result));
    check_invariants(meeting);
    return meeting->out;
}

void meeting_play(meeting_t *meeting, const char *file, int line, const char *const *script)
{
    static char expected[TEXT_MAX];

    while (*script != NULL) {
        const char *input = *script++;
        size_t len = 0;
        if (strncmp(input, "> ", 2) != 0)
            fail_msg("%s:%d: a script begins with \"> \": %s", file, line, input);
        for (expected[0] = 0; *script != NULL && strncmp(*script, "> ", 2) != 0; script++) {
            len += (size_t)snprintf(expected + len, sizeof expected - len, "%s\n", *script);
            assert_true(len < sizeof expected);
        }
        const char *out = meeting_say(meeting, input + 2);
        if (strcmp(out, expected) != 0)
            fail_msg("%s:%d\n%s\n--- expected\n%s--- came out\n%s", file, line, input, expected,
                     out);
    }
}
