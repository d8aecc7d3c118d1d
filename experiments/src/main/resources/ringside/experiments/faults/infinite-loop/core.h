/* SPDX-License-Identifier: Apache-2.0 */
/* Handles what waits in a queue. The fault: the head is never moved on. */
#ifndef INFINITE_LOOP_CORE_H
#define INFINITE_LOOP_CORE_H

struct queue {
	volatile __u64 head;
	volatile __u64 tail;
	volatile __u64 handled;
};

static inline void drain(struct queue *queue)
{
	while (queue->head != queue->tail)
		queue->handled++;
}

#endif
