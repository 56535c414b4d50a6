/* What a turn says and how connections change places, see the header. */
#include "broker/turn.h"

#include "broker/room.h"

#include <stdio.h>
#include <string.h>

int64_t mm_turn_now_ms(const mm_turn_t *turn)
{
    return turn->input->stamp.time_ms;
}

bool mm_turn_is_seated(const mm_turn_t *turn)
{
    return (turn->role & MM_BY_MEMBER) != 0;
}

void mm_turn_say(mm_turn_t *turn, mm_msg_t msg, const void *message, const mm_id_t *from)
{
    mm_outbox_say(turn->outbox, msg, message, from, mm_turn_now_ms(turn));
}

void mm_turn_end(mm_turn_t *turn)
{
    mm_outbox_end(turn->outbox);
}

void mm_turn_say_to(mm_turn_t *turn, mm_contact_t contact, mm_msg_t msg, const void *message,
                    const mm_id_t *from)
{
    mm_turn_say(turn, msg, message, from);
    mm_outbox_to(turn->outbox, contact);
}

void mm_turn_tell_feed(mm_turn_t *turn, mm_msg_t msg, const void *event)
{
    mm_outbox_tell_feed(turn->outbox, msg, event, mm_turn_now_ms(turn));
}

/* The text of an error with the row's refusal in place of its %s. */
static mm_text_t error_text(const mm_turn_t *turn, mm_err_t err, char *out, size_t size)
{
    const char *text = mm_err_text(err);
    const char *gap = strstr(text, "%s");

    if (gap == NULL)
        return mm_text(text);
    snprintf(out, size, "%.*s%s%s", (int)(gap - text), text, turn->input->spec->refusal, gap + 2);
    return mm_text(out);
}

static mm_text_t reason_text(const mm_turn_t *turn, char *out, size_t size)
{
    const char *text = mm_reason_text(turn->reason);

    if (turn->blame.len == 0)
        return mm_text(text);
    snprintf(out, size, "%.*s: %s", (int)turn->blame.len, turn->blame.ptr, text);
    return mm_text(out);
}

void mm_turn_refuse(mm_turn_t *turn, mm_contact_t contact, mm_err_t err)
{
    char text[128], reason[256]; /* a blamed name has at most 32 characters */
    struct mm_error error = {.code = mm_text(mm_err_code(err)),
                             .message = error_text(turn, err, text, sizeof text)};

    if (err == MM_ERR_INVALID_MESSAGE && turn->reason != MM_REASON_NONE) {
        error.reason = reason_text(turn, reason, sizeof reason);
        error.present |= MM_HAS(error, reason);
    }
    mm_turn_say_to(turn, contact, MM_MSG_ERROR, &error, NULL);
}

void mm_turn_bind(mm_turn_t *turn, mm_contact_t contact, const mm_id_t *id)
{
    struct mm_bind bind = {.present = MM_HAS(bind, seats),
                           .room = mm_text(turn->room->id),
                           .participant = *id,
                           .seats = (int64_t)turn->room->facts.max_participants};

    mm_contacts_put(turn->contacts, contact, turn->room->id, id);
    mm_turn_say_to(turn, contact, MM_MSG_BIND, &bind, NULL);
}

void mm_turn_unbind(mm_turn_t *turn, mm_contact_t contact)
{
    struct mm_unbind unbind = {0};

    mm_contacts_forget(turn->contacts, contact);
    mm_turn_say_to(turn, contact, MM_MSG_UNBIND, &unbind, NULL);
}

void mm_turn_close(mm_turn_t *turn, mm_contact_t contact, int code, const char *reason)
{
    struct mm_close close = {.code = code, .reason = mm_text(reason)};

    mm_contacts_end(turn->contacts, contact);
    mm_turn_say_to(turn, contact, MM_MSG_CLOSE, &close, NULL);
}
