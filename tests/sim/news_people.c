/* Who comes and goes, and states: see judge.c for the rules. */
#include "news.h"

#include <string.h>

/* --- people come and go -------------------------------------------------------------------------- */

/* The seat that bears this name and this id; each belongs to the other for ever. */
static sim_seat_t *seat_of_name(news_t *news)
{
    sim_t *sim = news->sim;
    const char *name = news_text(news, "name");
    size_t serial = 0;
    sim_seat_t *seat;

    sscanf(name, "s%zu", &serial);
    seat = sim_judge_seat(sim, serial);
    if (seat == NULL || strcmp(seat->name, name) != 0) {
        WRONG(news, "nobody has the name %s", name);
        return NULL;
    }
    if (seat->id[0] == '\0') {
        if (strlen(news->from) != SIM_ID_BYTES - 1 || sim_judge_find(sim, news->from) != NULL) {
            WRONG(news, "%s cannot be the id of %s", news->from, name);
            return NULL;
        }
        strcpy(seat->id, news->from);
        zhashx_insert(sim->by_id, seat->id, seat);
    }
    if (strcmp(seat->id, news->from) != 0)
        WRONG(news, "%s has the id %s", name, seat->id);
    return seat;
}

static void read_flags(const news_t *news, sim_peer_t *peer)
{
    peer->is_moderator = news_flag(news, "isModerator");
    peer->is_muted = news_flag(news, "isMuted");
    peer->is_video_off = news_flag(news, "isVideoOff");
}

static void on_own_seat(news_t *news, sim_seat_t *seat)
{
    sim_outcome_t outcome = {.kind = SIM_OUTCOME_JOINED, .seat = seat->serial};

    if (news->talk->state == SIM_WAITING && news->talk->seat == seat->serial) {
        news->talk->state = SIM_SEATED; /* admitted */
        sim_answers_soften(news->talk);
    } else {
        sim_answers_take(news->sim, news->socket, &outcome);
    }
    seat->is_moderator = news_flag(news, "isModerator");
    if (strcmp(news->room, news->sim->rooms[seat->room].id) != 0)
        WRONG(news, "seated in another room than it asked for");
}

void news_on_joined(news_t *news)
{
    sim_seat_t *who = seat_of_name(news);
    sim_peer_t *peer;

    if (who == NULL)
        return;
    if (who->socket == news->socket->index) {
        if (news->seat == who && news->talk->state == SIM_SEATED)
            WRONG(news, "seated twice");
        else
            on_own_seat(news, who);
        return;
    }
    if (news->talk->state != SIM_SEATED) {
        WRONG(news, "it has no seat");
        return;
    }
    peer = sim_judge_peer(news->seat, who->serial);
    if (peer->was_present || peer->is_present)
        WRONG(news, "%s comes a second time", who->name);
    if (who->room != news->seat->room)
        WRONG(news, "%s is in another room", who->name);
    peer->is_present = peer->was_present = true;
    peer->is_waiting = false;
    peer->chats_when_met = news->seat->chats;
    read_flags(news, peer);
}

void news_on_left(news_t *news)
{
    if (news->peer == NULL || !news->peer->is_present)
        WRONG(news, "it was not there");
    else
        news->peer->is_present = news->peer->is_hand_raised = false;
}

void news_on_waiting(news_t *news)
{
    sim_seat_t *who = seat_of_name(news);

    if (who == NULL)
        return;
    if (who->socket == news->socket->index) {
        sim_outcome_t outcome = {.kind = SIM_OUTCOME_WAITING, .seat = who->serial};
        sim_answers_take(news->sim, news->socket, &outcome);
    } else if (news->talk->state != SIM_SEATED || !news->seat->is_moderator) {
        WRONG(news, "it is no moderator");
    } else {
        sim_judge_peer(news->seat, who->serial)->is_waiting = true;
    }
}

void news_on_reject(news_t *news)
{
    bool is_end = strcmp(news_text(news, "reason"), "The meeting has ended") == 0;

    if (news->talk->state != SIM_WAITING ||
        strcmp(news_text(news, "targetId"), news->seat->id) != 0)
        WRONG(news, "it does not wait");
    else if (!is_end && !news->seat->was_rejected)
        WRONG(news, "nobody rejected it");
    else if (is_end)
        news->talk->end_told = true;
    else
        news->talk->reject_told = true;
}

/* --- states --------------------------------------------------------------------------------------- */

void news_on_updated(news_t *news)
{
    sim_peer_t own = {0};

    if (news->peer == NULL && !news->is_own) {
        WRONG(news, "of somebody who is not there");
        return;
    }
    read_flags(news, news->is_own ? &own : news->peer);
    if (news->is_own)
        news->seat->is_moderator = own.is_moderator;
    else
        news->peer->is_hand_raised = news_flag(news, "isHandRaised");
}

void news_on_hand(news_t *news)
{
    if (news->peer == NULL || !news->peer->is_present)
        WRONG(news, "of somebody who is not there");
    else
        news->peer->is_hand_raised = strcmp(news->type, "raise-hand") == 0;
}

void news_on_action(news_t *news)
{
    const char *action = news_text(news, "action");
    bool is_kick = strcmp(action, "kick") == 0;

    if (strcmp(news_text(news, "targetId"), news->seat->id) != 0)
        WRONG(news, "for somebody else");
    else if (is_kick && !news->seat->was_kicked && !news->sim->rooms[news->seat->room].was_ended)
        WRONG(news, "nobody kicked it");
    else if (is_kick)
        news->talk->kick_told = true;
    else if (strcmp(action, "make-moderator") == 0 && !news->seat->is_moderator)
        WRONG(news, "it was not told to be a moderator before");
}

/* Orders are told to everybody, to who gave them too; that is their answer. */
void news_on_order(news_t *news)
{
    sim_outcome_t outcome = {.kind = SIM_OUTCOME_ORDER, .type = news->type};
    const char *by = "";

    if (strcmp(news->type, "room-locked") == 0) {
        by = news_text(news, "lockedBy");
        news->seat->is_locked = true;
    } else if (strcmp(news->type, "room-unlocked") == 0) {
        by = news_text(news, "unlockedBy");
        news->seat->is_locked = false;
    } else if (strcmp(news->type, "recording-started") == 0) {
        by = news_text(news, "startedBy");
        snprintf(news->seat->recorder, SIM_ID_BYTES, "%s", by);
    } else {
        by = news_text(news, "stoppedBy");
        news->seat->recorder[0] = '\0';
    }
    if (strcmp(by, news->from) != 0)
        WRONG(news, "done by %s, told as of %s", by, news->from);
    if (news->is_own)
        sim_answers_take(news->sim, news->socket, &outcome);
}
