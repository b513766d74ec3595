/* Lease and election, as a model for spin: does the VIP ever have two holders?
 *
 * What is modelled are the four sentences at the top of src/core/node.h, for three nodes. A node may
 * take, at any moment, any step that its rules permit: no timer, stagger, rank or health decides.
 * Whatever the program does is then among the walks that are searched, and all of them are.
 *
 * Time is counted in ticks, and without end, since only what is left of each span is remembered.
 * Promises last DEADTIME ticks, a lease MARGIN less, and the VIP may answer for one tick more: that
 * is the removal of the addresses and the drift of the clocks, for which the margin is there.
 *
 * The network loses, delays and reorders at will, and so is partitioned at will, in one direction or
 * both. A message is a record of what its sender last said of its kind, which may be heard at once,
 * later, or never, also when its sender is no more. A heartbeat of the active is heard up to a tick
 * late, its acknowledgement is heard at any age, and counts from the heartbeat's sending.
 *
 * Left out is what only takes steps away from the walks:
 * - messages of a tenancy that is neither sought nor held any more, since a promise to it only
 *   withholds votes; but a release is heard for as long as somebody is bound to its tenancy;
 * - not hearing of a restart, by who neither seeks nor holds a tenancy, as there are no answers of
 *   the earlier run for it to hear; and not hearing that a quarantine is over;
 * - priorities, staggers, health, liveness, quorum_is_free, switchover.
 * Bounded are the rounds (ROUNDS) and the restarts of all nodes together (RESTARTS).
 *
 * Asserted is that there is one holder; that no released or lapsed lease is extended; and, while
 * nobody has forgotten anything, that each tenancy has a higher term than all before it. (After a
 * restart it need not: terms order tenancies and carry no safety.)
 *
 * The rule about the pledges of a restarted node (core/peer.h) is followed, but three nodes cannot
 * do without it what they cannot do with it: to be bound to another candidate, the restarted node
 * must have outlived its promise to the active, whose lease, on a majority of two, has then ended.
 * It takes five votes for the active's lease to rest meanwhile on somebody else.
 *
 *   step below       where it is in src/core
 *   stand            Node::stand
 *   end_candidacy    Node::give_up_candidacy
 *   hear_request     Node::hear(VoteRequest), Node::vote_for; PROMISED_TO_OTHER: promised_to_other
 *   hear_vote        Node::hear(Vote), Peer::pledge_by_vote, Node::count_votes
 *   begin_tenure     Node::begin_tenure
 *   hear_active      Node::hear(Heartbeat), Node::consider_active; the answer: compose_heartbeat
 *   hear_ack         the end of Node::hear(Heartbeat), Peer::pledge
 *   extend_lease     Node::extend_lease, Node::lease_basis
 *   hear_standby     Peer::become, Peer::believe
 *   release          Node::give_back and Node::release, on VipsDropped: after a hand-over or a
 *                    lapse; by the guard, when main is dead: LastWill::send, in src/guard
 *   crash, restart   the end of a process, a new Node; the sweep at the guard's start
 *   clock            Node::check_lease, judge_promise, judge_quarantine; the guard's lease timer
 *
 * Flaws that must be found, each by its -D: NO_MARGIN, VOTE_WHILE_PROMISED, NO_QUARANTINE,
 * RELEASE_OF_ANY_TERM, LEASE_FROM_ACK (see test/model/lease-has-one-holder).
 */

#define NODES 3
#define MAJORITY 2
#define SUM_OVER(each) (each(0) + each(1) + each(2))
#ifndef ROUNDS
#define ROUNDS 2
#endif
#ifndef RESTARTS
#define RESTARTS 1
#endif
#define RUNS (RESTARTS + 1)

#define DEADTIME 3
#ifdef NO_MARGIN
#define MARGIN 0
#else
#define MARGIN 1
#endif
#define LEASE (DEADTIME - MARGIN)
#define REMOVAL 1

/* A term orders rounds, then nodes. A tenancy is a term and the run of its node. 0 is none. */
#define TERM(round, n) ((round) * NODES + (n))
#define ROUND(term) ((term) / NODES)
#define TENANCY(term, run) ((term) * RUNS + (run))
#define TERM_OF(tenancy) ((tenancy) / RUNS)
#define NODE_OF(tenancy) (TERM_OF(tenancy) % NODES)
#define RUN_OF(tenancy) ((tenancy) % RUNS)

mtype = {idle, candidate, holder, lapsed, deposited};

typedef Node {
    bool up = true;
    byte incarnation;
    mtype role = idle; /* lapsed: the VIP is being removed; deposited: main is dead, not its will */
    byte quarantine;   /* ticks left */
    byte highest;      /* the highest term seen */
    byte promised;     /* the tenancy to which it is bound, */
    byte withhold;     /* for so many ticks more */
    byte opened;       /* the tenancy that it opened last: what its requests are for */
    byte age;          /* ticks since the first request for it, up to LEASE */
    byte votes;        /* for it, as a set */
    byte vip;          /* for so many ticks more may it answer for the VIP: lease, then REMOVAL */

    /* What is under way of it: */
    byte released;  /* its newest release */
    byte voted;     /* its newest vote, */
    byte voted_run; /* of this run */
    byte acked;     /* its newest acknowledgement, */
    byte acked_run; /* of this run, */
    byte ack_left;  /* worth so many ticks of lease, */
    bool ack_free;  /* given out of quarantine */
};
Node node[NODES];

/* What a node knows of a peer (core/peer.h). */
typedef View {
    byte incarnation;    /* the proven one */
    bool counts = true;  /* whether its pledges do */
    byte pledged;        /* worth so many ticks of lease */
};
View view[NODES * NODES];
#define VIEW(me, n) view[(me) * NODES + (n)]

byte latest; /* the highest term that was ever held, until a node has forgotten */

#define LEASE_LEFT(n) (node[n].vip - REMOVAL)
#define PROMISED_TO_OTHER(me, t)                                                                   \
    (node[me].withhold > 0 && (NODE_OF(node[me].promised) != NODE_OF(t) ||                         \
                               RUN_OF(node[me].promised) != RUN_OF(t) || node[me].promised > (t)))

/* Sums over all nodes; a node has no pledge of itself. */
#define HIS_VOTE(n) ((node[me].votes >> (n)) & 1)
#define HIS_PLEDGE(n) (VIEW(me, n).pledged >= ticks)
#define RUNS_ENDED(n) (node[n].incarnation + !node[n].up)
#define HOLDS_VIP(n) (node[n].vip > 0)

/* The ticks of lease that pledges of a majority are worth: a node has none of itself. */
inline find_lease(me, ticks) {
    ticks = LEASE;
    do
    :: ticks > 0 && 1 + SUM_OVER(HIS_PLEDGE) < MAJORITY -> ticks--
    :: else -> break
    od
}

inline no_promise(me) {
    node[me].promised = 0;
    node[me].withhold = 0
}

inline promise(me, tenancy) {
    node[me].promised = tenancy;
    node[me].withhold = DEADTIME
}

inline forget_pledges(me) {
    i = 0;
    do
    :: i < NODES -> VIEW(me, i).pledged = 0; i++
    :: else -> break
    od;
    i = 0
}

/* Votes and acknowledgements for a tenancy that is neither sought nor held any more do nothing. */
inline forget_answers(tenancy) {
    i = 0;
    do
    :: i < NODES ->
        if
        :: node[i].voted == tenancy -> node[i].voted = 0; node[i].voted_run = 0
        :: else
        fi;
#ifndef REVIVE
        if
        :: node[i].acked == tenancy -> forget_ack(i)
        :: else
        fi;
#endif
        i++
    :: else -> break
    od;
    i = 0
}

inline forget_ack(n) {
    node[n].acked = 0;
    node[n].acked_run = 0;
    node[n].ack_left = 0;
    node[n].ack_free = false
}

inline end_candidacy(me) {
    node[me].role = idle;
    node[me].votes = 0;
    node[me].age = 0;
    forget_answers(node[me].opened);
    node[me].opened = 0;
    no_promise(me)
}

inline release(me) {
    node[me].vip = 0;
    node[me].role = idle;
    node[me].age = 0;
    node[me].released = node[me].opened;
    forget_pledges(me);
    forget_answers(node[me].opened);
    if
    :: node[me].promised == node[me].opened -> no_promise(me)
    :: else
    fi;
    node[me].opened = 0
}

#define IS_BOUND(who) (node[who].promised == node[n].released)

/* A release that can void no promise does nothing. */
inline forget_releases() {
#if !defined(RELEASE_OF_ANY_TERM) && !defined(REVIVE)
    do
    :: n < NODES ->
        if
        :: SUM_OVER(IS_BOUND) == 0 -> node[n].released = 0
        :: else
        fi;
        n++
    :: else -> break
    od;
    n = 0
#else
    skip
#endif
}

inline assert_one_holder() { assert(SUM_OVER(HOLDS_VIP) <= 1) }

/* --- Standing and voting -------------------------------------------------------------------- */

inline stand(me) {
    node[me].highest = TERM(ROUND(node[me].highest) + 1, me);
    node[me].opened = TENANCY(node[me].highest, node[me].incarnation);
    node[me].role = candidate;
    node[me].age = 0;
    node[me].votes = 1 << me;
    forget_pledges(me);
    promise(me, node[me].opened)
}

inline hear_request(me, from) {
    if
    :: node[me].role == candidate -> end_candidacy(me)
    :: else
    fi;
    if
#ifndef VOTE_WHILE_PROMISED
    :: PROMISED_TO_OTHER(me, node[from].opened)
#endif
    :: else ->
        node[me].highest = TERM_OF(node[from].opened);
        promise(me, node[from].opened);
        node[me].voted = node[from].opened;
        node[me].voted_run = node[me].incarnation
    fi
}

inline hear_vote(me, from) {
    node[me].votes = node[me].votes | (1 << from);
    VIEW(me, from).counts = true;
    VIEW(me, from).pledged = LEASE - node[me].age;
    node[from].voted = 0;
    node[from].voted_run = 0;
    if
    :: SUM_OVER(HIS_VOTE) >= MAJORITY -> begin_tenure(me)
    :: else
    fi
}

inline begin_tenure(me) {
    node[me].role = holder;
    node[me].votes = 0;
#ifdef LEASE_FROM_ACK
    node[me].vip = LEASE + REMOVAL;
#else
    node[me].vip = LEASE - node[me].age + REMOVAL;
#endif
    node[me].age = 0;
    if
    :: SUM_OVER(RUNS_ENDED) == 0 -> assert(node[me].highest > latest); latest = node[me].highest
    :: else
    fi;
    assert_one_holder()
}

/* --- Following and its acknowledgement ------------------------------------------------------ */

/* `late`: the ticks between the sending of the newest heartbeat that is heard and now. */
inline hear_active(me, from, late) {
    if
    :: node[me].role == candidate -> end_candidacy(me)
    :: else
    fi;
    if
    :: TERM_OF(node[from].opened) > node[me].highest ->
        node[me].highest = TERM_OF(node[from].opened)
    :: else
    fi;
    if
    :: PROMISED_TO_OTHER(me, node[from].opened)
    :: else ->
        promise(me, node[from].opened);
        node[me].acked = node[from].opened;
        node[me].acked_run = node[me].incarnation;
        node[me].ack_left = LEASE - late;
        node[me].ack_free = (node[me].quarantine == 0)
    fi
}

inline hear_ack(me, from) {
    if
    :: node[from].ack_free -> VIEW(me, from).counts = true
    :: else
    fi;
    if
    :: VIEW(me, from).counts ->
#ifdef LEASE_FROM_ACK
        VIEW(me, from).pledged = LEASE;
#else
        if
        :: node[from].ack_left > VIEW(me, from).pledged ->
            VIEW(me, from).pledged = node[from].ack_left
        :: else
        fi;
#endif
        extend_lease(me)
    :: else
    fi;
    forget_ack(from)
}

inline extend_lease(me) {
    find_lease(me, i);
    if
    :: i > LEASE_LEFT(me) ->
        assert(node[me].vip > REMOVAL && node[me].released != node[me].opened);
        node[me].vip = i + REMOVAL
    :: else
    fi;
    i = 0
}

/* Any other heartbeat: of a new run, or the first out of quarantine. */
inline hear_standby(who, whom) {
    if
    :: VIEW(who, whom).incarnation != node[whom].incarnation ->
        VIEW(who, whom).incarnation = node[whom].incarnation;
        VIEW(who, whom).counts = VIEW(who, whom).counts && VIEW(who, whom).pledged > 0
    :: else
    fi;
    if
    :: node[whom].quarantine == 0 -> VIEW(who, whom).counts = true
    :: else
    fi
}

#define SEEKS_OR_HOLDS(n) (node[n].role == candidate || node[n].role == holder)

/* Who neither seeks nor holds a tenancy has no answers of the earlier run to hear. */
inline meet_all(me) {
    i = 0;
    do
    :: i < NODES ->
        if
        :: i != me && node[i].up && !SEEKS_OR_HOLDS(i) -> hear_standby(i, me)
        :: else
        fi;
        if
        :: i != me && node[i].up -> hear_standby(me, i)
        :: i != me && !node[i].up -> VIEW(me, i).incarnation = node[i].incarnation
        :: else
        fi;
        i++
    :: else -> break
    od;
    i = 0
}

/* --- The end of a run ----------------------------------------------------------------------- */

inline crash(me) {
    if
    :: node[me].role == candidate -> end_candidacy(me)
    :: node[me].role == holder || node[me].role == lapsed ->
        node[me].role = deposited;
        forget_answers(node[me].opened)
    :: else
    fi;
    node[me].up = false;
    node[me].quarantine = 0;
    node[me].highest = 0;
    node[me].age = 0;
    no_promise(me);
    i = 0;
    do
    :: i < NODES ->
        VIEW(me, i).incarnation = 0;
        VIEW(me, i).counts = false;
        VIEW(me, i).pledged = 0;
        i++
    :: else -> break
    od;
    i = 0
}

inline restart(me) {
    node[me].up = true;
    node[me].incarnation++;
    node[me].role = idle;
    node[me].vip = 0;
#ifndef NO_QUARANTINE
    node[me].quarantine = DEADTIME;
#endif
    meet_all(me);
    latest = 0
}

/* --- Time ----------------------------------------------------------------------------------- */

inline tick_node(n) {
    if
    :: node[n].quarantine > 0 -> node[n].quarantine--
    :: else
    fi;
    if
    :: node[n].withhold > 0 ->
        node[n].withhold--;
        if
        :: node[n].withhold == 0 -> node[n].promised = 0
        :: else
        fi
    :: else
    fi;
    if
    :: node[n].ack_left > 0 ->
        node[n].ack_left--;
        if
        :: node[n].ack_left == 0 -> forget_ack(n)
        :: else
        fi
    :: else
    fi;
    if
    :: node[n].vip > 0 -> node[n].vip--
    :: else
    fi
}

/* Ages, and what a lapse or a candidacy given up changes elsewhere. */
inline tick_role(n) {
    j = 0;
    do
    :: j < NODES ->
        if
        :: VIEW(n, j).pledged > 0 -> VIEW(n, j).pledged--
        :: else
        fi;
        if
        :: node[n].up && node[j].up && j != n && node[j].quarantine == 0 &&
           VIEW(n, j).incarnation == node[j].incarnation -> VIEW(n, j).counts = true
        :: else
        fi;
        j++
    :: else -> break
    od;
    j = 0;
    if
    :: node[n].role == candidate -> node[n].age++
    :: else
    fi;
    if
    :: node[n].role == candidate && node[n].age == LEASE -> end_candidacy(n)
    :: node[n].role == holder && node[n].vip <= REMOVAL ->
        node[n].role = lapsed;
        forget_answers(node[n].opened)
    :: else
    fi
}

active proctype clock() {
    byte i, j, n;
    do
    :: d_step {
            n = 0;
            do
            :: n < NODES -> tick_node(n); n++
            :: else -> break
            od;
            n = 0;
            do
            :: n < NODES -> tick_role(n); n++
            :: else -> break
            od;
            n = 0;
            forget_releases();
            assert_one_holder()
        }
    od
}

/* --- All that a node may do ----------------------------------------------------------------- */

#define ME node[me]

#define FROM(from)                                                                                 \
    :: d_step { me != from && ME.up && node[from].role == candidate && ME.quarantine == 0 &&             \
                ME.role != holder && ME.role != lapsed && ME.vip == 0 &&                           \
                !(ME.withhold > 0 && ME.promised == node[from].opened) &&                          \
                TERM_OF(node[from].opened) >= ME.highest -> hear_request(me, from) }               \
    :: d_step { ME.up && ME.role == candidate && node[from].voted == ME.opened &&                  \
                node[from].voted_run == VIEW(me, from).incarnation -> hear_vote(me, from) }                \
    :: d_step { me != from && ME.up && node[from].role == holder && ME.role != holder ->                      \
                hear_active(me, from, 0) }                                                         \
    :: d_step { me != from && ME.up && node[from].role == holder &&                                \
                ME.role != holder && LEASE > 1 &&                                                  \
                !(ME.acked == node[from].opened && ME.ack_left >= LEASE - 1) ->                    \
                hear_active(me, from, 1) }                                                         \
    :: d_step { me != from && ME.up && ME.role == holder && node[from].acked == ME.opened &&       \
                node[from].acked_run == VIEW(me, from).incarnation -> hear_ack(me, from) }                 \
    :: d_step { me != from && ME.up && node[from].up &&                                            \
                VIEW(me, from).incarnation != node[from].incarnation ->                            \
                hear_standby(me, from) }                                                           \
    :: d_step { me != from && ME.withhold > 0 && HIS_RELEASE(from) -> no_promise(me) }

#ifdef RELEASE_OF_ANY_TERM
#define HIS_RELEASE(from) (node[from].released != 0 && NODE_OF(ME.promised) == from)
#else
#define HIS_RELEASE(from) (ME.promised == node[from].released)
#endif

#define REVIVE_BY(from)                                                                            \
    :: d_step { ME.up && ME.role == idle && ME.vip == 0 && node[from].ack_left > 0 &&              \
                node[from].acked == ME.released ->                                                   \
                ME.role = holder; ME.vip = node[from].ack_left + REMOVAL; assert_one_holder() }

active [NODES] proctype participant() {
    byte i;
    byte me = _pid - 1;
    do
    :: d_step { ME.up && ME.role == idle && ME.quarantine == 0 &&
                ME.withhold == 0 && ROUND(ME.highest) < ROUNDS -> stand(me) }
    :: d_step { ME.role == candidate -> end_candidacy(me) }
    FROM(0) FROM(1) FROM(2)
    :: d_step { ME.up && (ME.role == holder || ME.role == lapsed) -> release(me) }
#ifdef REVIVE
    REVIVE_BY(0) REVIVE_BY(1) REVIVE_BY(2)
#endif
    :: d_step { ME.up && SUM_OVER(RUNS_ENDED) < RESTARTS -> crash(me) }
    :: d_step { ME.role == deposited -> release(me) }
    :: d_step { !ME.up -> restart(me) }
    od
}
