/* What people say to each other: numbers without gaps, one timestamp in all copies of a chat, nothing lost on the way.
 * See judge.c for the rules, speech.c for the tags. */
#include "news.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

typedef struct tag {
    size_t seat;
    char class;
    uint32_t count, number;
} tag_t;

static bool read_tag(const news_t *news, tag_t *tag)
{
    if (sscanf(news_text(news, "tag"), "s%zu %c%u n%u", &tag->seat, &tag->class, &tag->count,
               &tag->number) == 4)
        return true;
    WRONG(news, "no tag: an unknown member was lost");
    return false;
}

/* What the sender added must have come through. */
static void check_extras(const news_t *news, const tag_t *tag, bool has_own_time)
{
    const json_t *time = json_object_get(news->json, "timestamp");
    const json_t *extra = json_object_get(news->json, "extra");
    json_t *expected;

    if (!json_is_integer(time))
        WRONG(news, "no timestamp");
    if (has_own_time && tag->number % 3 == 1 && json_integer_value(time) != tag->number)
        WRONG(news, "the sender's timestamp was lost");
    if (tag->number % 4 != 1)
        return;
    expected = json_pack("[i, s, n, {s: f}]", (int)tag->number, "\xc3\xa9\n", "a", 1.5);
    if (!json_equal(expected, extra))
        WRONG(news, "an unknown member was changed");
    json_decref(expected);
}

/* The sender, as the tag names it, must be who it is said to come from. */
static bool is_from(const news_t *news, const tag_t *tag)
{
    const sim_seat_t *sender = sim_judge_seat(news->sim, tag->seat);

    if (tag->seat == 0) /* it changed rooms just then and did not know as whom it spoke */
        return news->is_own || (news->peer != NULL && news->peer->was_present);
    if (sender == NULL || strcmp(sender->id, news->from) != 0)
        WRONG(news, "from %s, but said by s%zu", news->from, tag->seat);
    else if (!news->is_own && (news->peer == NULL || !news->peer->was_present))
        WRONG(news, "s%zu is not in the room", tag->seat);
    else if (!news->is_own && !news->peer->is_present && tag->class != 'k')
        WRONG(news, "s%zu has left the room", tag->seat);
    else
        return true;
    return false;
}

static void check_number(const news_t *news, uint32_t number)
{
    if (number == 0)
        return;
    if (number <= news->peer->last_number)
        WRONG(news, "number %u of s%zu behind its %u", number, news->peer->seat,
              news->peer->last_number);
    news->peer->last_number = number;
}

/* One timestamp in all copies, later than that of the chat before. */
static void check_chat_time(const news_t *news, const tag_t *tag)
{
    sim_seat_t *sender = sim_judge_seat(news->sim, tag->seat);
    int64_t time_ms = json_integer_value(json_object_get(news->json, "timestamp"));
    size_t wanted = tag->count + 1;

    if (wanted > sender->chat_capacity) {
        sender->chat_ms = realloc(sender->chat_ms, 2 * wanted * sizeof *sender->chat_ms);
        assert(sender->chat_ms != NULL);
        memset(sender->chat_ms + sender->chat_capacity, 0,
               (2 * wanted - sender->chat_capacity) * sizeof *sender->chat_ms);
        sender->chat_capacity = 2 * wanted;
    }
    if (sender->chat_ms[tag->count] == 0)
        sender->chat_ms[tag->count] = time_ms;
    if (sender->chat_ms[tag->count] != time_ms)
        WRONG(news, "other copies have another timestamp");
    if (tag->count > 0 && sender->chat_ms[tag->count - 1] >= time_ms)
        WRONG(news, "not later than the chat before");
}

void news_on_chat(news_t *news)
{
    tag_t tag;

    if (!read_tag(news, &tag) || !is_from(news, &tag))
        return;
    check_extras(news, &tag, false);
    check_chat_time(news, &tag);
    if (news->is_own) {
        sim_outcome_t outcome = {.kind = SIM_OUTCOME_CHAT, .seat = tag.seat, .chat = tag.count};
        sim_answers_take(news->sim, news->socket, &outcome);
        return;
    }
    check_number(news, tag.number);
    if (news->peer->last_chat != 0 && tag.count != news->peer->last_chat + 1) {
        WRONG(news, "chat %u of s%zu after its %u", tag.count, tag.seat, news->peer->last_chat);
    } else if (news->peer->last_chat == 0) {
        const sim_peer_t *back =
            sim_judge_find_peer(sim_judge_seat(news->sim, tag.seat), news->seat->serial);
        if (back != NULL && back->was_present && tag.count > back->chats_when_met + 1)
            WRONG(news, "chat %u of s%zu is the first, but %u was said before", tag.count, tag.seat,
                  back->chats_when_met + 1);
    }
    news->peer->last_chat = tag.count;
}

static void check_target(const news_t *news)
{
    if (strcmp(news_text(news, "targetId"), news->seat->id) != 0)
        WRONG(news, "for %s", news_text(news, "targetId"));
}

void news_on_relay(news_t *news)
{
    tag_t tag;

    if (!read_tag(news, &tag))
        return;
    check_target(news);
    if (!is_from(news, &tag) || news->is_own)
        return;
    check_extras(news, &tag, true);
    check_number(news, tag.number);
    if (tag.count == 0)
        return;
    if (tag.count != news->peer->last_relay + 1)
        WRONG(news, "relay %u of s%zu after its %u", tag.count, tag.seat, news->peer->last_relay);
    news->peer->last_relay = tag.count;
}

void news_on_chunk(news_t *news)
{
    tag_t tag;

    if (!read_tag(news, &tag))
        return;
    check_target(news);
    if (!is_from(news, &tag) || news->is_own || tag.count == 0)
        return;
    if (tag.count != news->peer->last_chunk + 1)
        WRONG(news, "chunk %u of s%zu after its %u", tag.count, tag.seat, news->peer->last_chunk);
    news->peer->last_chunk = tag.count;
}

void news_on_reaction(news_t *news)
{
    const sim_seat_t *sender = sim_judge_find(news->sim, news->from);
    unsigned number = 0;

    if (sender == NULL || news->peer == NULL || !news->peer->is_present)
        WRONG(news, "of somebody who is not there");
    else if (sscanf(news_text(news, "reaction"), "n%u", &number) != 1)
        WRONG(news, "%s is no reaction", news_text(news, "reaction"));
    else
        check_number(news, number);
}
