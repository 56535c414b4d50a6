/* See rooms_api.h.  The members are a table; each has a function that checks it and puts it into the request. */
#include "gateway/rooms_api.h"
#include <assert.h>
#include <ctype.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    ROOM_CHARS = 6,
    TITLE_CHARS = 80,
    PASSWORD_CHARS = 50,
    PARTICIPANTS_MIN = 2,
    PARTICIPANTS_MAX = 1000, /* of the protocol; the broker's setting max-participants decides */
    PARTICIPANTS_DIGITS = 9,
    MS_PER_SECOND = 1000
};
#define TIME_MAX 9007199254740992.0 /* 2^53 ms: the last one that a double counts exactly */

struct mm_room_order {
    json_t *document; /* owns the texts of `request` */
    char room[ROOM_CHARS];
    uint8_t address[16];
    mm_create_request_t request;
};

/* Returns NULL, or what the value should have been. */
typedef const char *read_member_t(mm_room_order_t *order, const json_t *value);

static mm_text_t text_of(const json_t *string)
{
    return (mm_text_t){json_string_value(string), json_string_length(string)};
}

static const char *read_room(mm_room_order_t *order, const json_t *value)
{
    mm_text_t text = json_is_string(value) ? mm_text_trim(text_of(value)) : (mm_text_t){0};

    if (text.len != ROOM_CHARS)
        return "must be six letters or digits";
    for (size_t i = 0; i < ROOM_CHARS; i++) {
        if (!isalnum((unsigned char)text.ptr[i]))
            return "must be six letters or digits";
        order->room[i] = (char)toupper((unsigned char)text.ptr[i]);
    }
    order->request.message.room = (mm_text_t){order->room, ROOM_CHARS};
    order->request.message.present |= MM_HAS(create_room, room);
    return NULL;
}

static const char *read_title(mm_room_order_t *order, const json_t *value)
{
    mm_text_t text = json_is_string(value) ? mm_text_trim(text_of(value)) : (mm_text_t){0};

    if (text.len == 0 || mm_text_chars(text) > TITLE_CHARS)
        return "must be a text of 1 to 80 characters";
    order->request.message.title = text;
    order->request.message.present |= MM_HAS(create_room, title);
    return NULL;
}

static const char *read_password(mm_room_order_t *order, const json_t *value)
{
    if (!json_is_string(value) || mm_text_chars(text_of(value)) > PASSWORD_CHARS)
        return "must be a text of at most 50 characters";
    if (json_string_length(value) == 0)
        return NULL;
    order->request.message.password = text_of(value);
    order->request.message.present |= MM_HAS(create_room, password);
    return NULL;
}

/* Digits alone, as a form's input field sends them; negative for anything else. */
static double number_of_digits(mm_text_t text)
{
    double number = 0;

    if (text.len == 0 || text.len > PARTICIPANTS_DIGITS)
        return -1;
    for (size_t i = 0; i < text.len; i++) {
        if (!isdigit((unsigned char)text.ptr[i]))
            return -1;
        number = 10 * number + (text.ptr[i] - '0');
    }
    return number;
}

static const char *read_max_participants(mm_room_order_t *order, const json_t *value)
{
    double number = -1;

    if (json_is_string(value))
        number = number_of_digits(text_of(value));
    else if (json_is_number(value))
        number = json_number_value(value);
    if (number != floor(number) || number < PARTICIPANTS_MIN || number > PARTICIPANTS_MAX)
        return "must be an integer within the limits of this server";
    order->request.message.max_participants = (int64_t)number;
    order->request.message.present |= MM_HAS(create_room, max_participants);
    return NULL;
}

static bool read_time(const json_t *value, int64_t *out_ms)
{
    if (json_is_string(value)) {
        if (!mm_iso8601_read(text_of(value), out_ms))
            return false;
    } else {
        double number = json_is_number(value) ? json_number_value(value) : -1;
        if (number != floor(number) || number < 0 || number > TIME_MAX)
            return false;
        *out_ms = (int64_t)number;
    }
    return *out_ms > 0;
}

static const char *const time_reason = "must be milliseconds since 1970 or an ISO 8601 time";

static const char *read_start(mm_room_order_t *order, const json_t *value)
{
    if (!read_time(value, &order->request.message.scheduled_start))
        return time_reason;
    order->request.message.present |= MM_HAS(create_room, scheduled_start);
    return NULL;
}

/* Stands behind scheduledStart in the table. */
static const char *read_end(mm_room_order_t *order, const json_t *value)
{
    struct mm_create_room *message = &order->request.message;

    if (!read_time(value, &message->scheduled_end))
        return time_reason;
    message->present |= MM_HAS(create_room, scheduled_end);
    if (message->present & MM_HAS(create_room, scheduled_start) &&
        message->scheduled_end <= message->scheduled_start)
        return "must be after scheduledStart";
    return NULL;
}

static const struct {
    const char *name;
    read_member_t *read;
} members[] = {
    {"roomId", read_room},          {"title", read_title},
    {"password", read_password},    {"maxParticipants", read_max_participants},
    {"scheduledStart", read_start}, {"scheduledEnd", read_end},
};

/* Integers are read as doubles, so that a huge one in an unknown member harms nobody, as in JavaScript. */
static json_t *parse(mm_text_t body)
{
    json_t *document;

    if (body.len == 0)
        return json_object();
    document = json_loadb(body.ptr, body.len,
                          JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, NULL);
    if (document != NULL && json_is_object(document))
        return document;
    json_decref(document);
    return NULL;
}

mm_room_order_t *mm_room_order_read(mm_text_t body, const uint8_t address[16],
                                    mm_order_fault_t *fault)
{
    mm_room_order_t *order = calloc(1, sizeof *order);

    assert(order != NULL);
    *fault = (mm_order_fault_t){.reason = "must be a JSON object"};
    memcpy(order->address, address, sizeof order->address);
    order->request.message.address = (mm_slice_t){order->address, sizeof order->address};
    order->request.message.present = MM_HAS(create_room, address);
    order->document = parse(body);
    if (order->document == NULL) {
        mm_room_order_destroy(&order);
        return NULL;
    }
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const json_t *value = json_object_get(order->document, members[i].name);
        if (value == NULL || json_is_null(value))
            continue;
        fault->field = members[i].name;
        fault->reason = members[i].read(order, value);
        if (fault->reason != NULL) {
            mm_room_order_destroy(&order);
            return NULL;
        }
    }
    return order;
}

void mm_room_order_destroy(mm_room_order_t **order_p)
{
    mm_room_order_t *order = *order_p;

    *order_p = NULL;
    if (order == NULL)
        return;
    json_decref(order->document);
    free(order);
}

const mm_create_request_t *mm_room_order_request(const mm_room_order_t *order)
{
    return &order->request;
}

static void add_text(json_t *object, const char *key, mm_text_t text)
{
    json_object_set_new(object, key, json_stringn(text.ptr, text.len));
}

char *mm_room_order_print_created(const mm_room_order_t *order, const mm_room_answer_t *answer)
{
    const struct mm_create_room *message = &order->request.message;
    char token[MM_ID_CHARS];
    json_t *object = json_object();
    char *text;

    mm_id_print(&answer->creator_token, token);
    add_text(object, "roomId", answer->room);
    add_text(object, "creatorToken", (mm_text_t){token, sizeof token});
    if (message->present & MM_HAS(create_room, title))
        add_text(object, "title", message->title);
    if (message->present & MM_HAS(create_room, scheduled_start))
        json_object_set_new(object, "scheduledStart", json_integer(message->scheduled_start));
    if (message->present & MM_HAS(create_room, scheduled_end))
        json_object_set_new(object, "scheduledEnd", json_integer(message->scheduled_end));
    text = json_dumps(object, JSON_COMPACT);
    assert(text != NULL);
    json_decref(object);
    return text;
}

/* --- ISO 8601 ----------------------------------------------------------------------------- */

/* Reads exactly `count` digits. */
static bool take_digits(mm_text_t *text, size_t count, int *out)
{
    *out = 0;
    if (text->len < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!isdigit((unsigned char)text->ptr[i]))
            return false;
        *out = 10 * *out + (text->ptr[i] - '0');
    }
    text->ptr += count;
    text->len -= count;
    return true;
}

static bool take_one_of(mm_text_t *text, const char *characters)
{
    if (text->len == 0 || text->ptr[0] == '\0' || strchr(characters, text->ptr[0]) == NULL)
        return false;
    text->ptr++;
    text->len--;
    return true;
}

/* YYYY-MM-DD */
static bool take_date(mm_text_t *text, struct tm *date)
{
    if (!take_digits(text, 4, &date->tm_year) || !take_one_of(text, "-") ||
        !take_digits(text, 2, &date->tm_mon) || !take_one_of(text, "-") ||
        !take_digits(text, 2, &date->tm_mday))
        return false;
    date->tm_year -= 1900;
    date->tm_mon -= 1;
    return true;
}

/* .sss: digits behind the third are dropped. */
static bool take_fraction(mm_text_t *text, int *out_ms)
{
    int digit, scale = MS_PER_SECOND / 10;

    if (!take_one_of(text, ".,"))
        return true;
    if (!take_digits(text, 1, &digit))
        return false;
    do {
        *out_ms += digit * scale;
        scale /= 10;
    } while (take_digits(text, 1, &digit));
    return true;
}

/* hh:mm[:ss[.sss]] */
static bool take_clock(mm_text_t *text, struct tm *date, int *out_ms)
{
    if (!take_digits(text, 2, &date->tm_hour) || !take_one_of(text, ":") ||
        !take_digits(text, 2, &date->tm_min))
        return false;
    if (take_one_of(text, ":") &&
        (!take_digits(text, 2, &date->tm_sec) || !take_fraction(text, out_ms)))
        return false;
    if (date->tm_hour == 24 && date->tm_min == 0 && date->tm_sec == 0 && *out_ms == 0)
        return true; /* the end of a day; timegm makes it the next one's begin */
    return date->tm_hour < 24 && date->tm_min < 60 && date->tm_sec < 60;
}

/* Z, +hh, +hhmm, +hh:mm or nothing, which is taken for Z. */
static bool take_offset(mm_text_t *text, int *out_minutes)
{
    int hours = 0, minutes = 0;
    bool is_west = text->len > 0 && text->ptr[0] == '-';

    *out_minutes = 0;
    if (text->len == 0 || take_one_of(text, "Zz"))
        return true;
    if (!take_one_of(text, "+-") || !take_digits(text, 2, &hours))
        return false;
    if ((take_one_of(text, ":") || text->len > 0) && !take_digits(text, 2, &minutes))
        return false;
    *out_minutes = (is_west ? -1 : 1) * (60 * hours + minutes);
    return hours < 24 && minutes < 60;
}

bool mm_iso8601_read(mm_text_t text, int64_t *out_ms)
{
    struct tm date = {0}, wanted;
    int ms = 0, offset_minutes = 0;
    int64_t seconds;

    if (!take_date(&text, &date))
        return false;
    wanted = date;
    if (text.len > 0 && (!take_one_of(&text, "Tt ") || !take_clock(&text, &date, &ms) ||
                         !take_offset(&text, &offset_minutes)))
        return false;
    if (text.len > 0)
        return false;
    /* timegm carries the 31st of February over to March: such a day is no day. */
    struct tm day = wanted;
    (void)timegm(&day);
    if (day.tm_mday != wanted.tm_mday || day.tm_mon != wanted.tm_mon)
        return false;
    seconds = timegm(&date) - 60 * (int64_t)offset_minutes;
    *out_ms = seconds * MS_PER_SECOND + ms;
    return true;
}
