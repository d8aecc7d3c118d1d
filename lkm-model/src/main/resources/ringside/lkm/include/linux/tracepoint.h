/* SPDX-License-Identifier: Apache-2.0 */
/* Probes on tracepoints. */
#ifndef _LINUX_TRACEPOINT_H
#define _LINUX_TRACEPOINT_H

#include <linux/types.h>

struct tracepoint;

int tracepoint_probe_register(struct tracepoint *tp, void *probe, void *data);
int tracepoint_probe_unregister(struct tracepoint *tp, void *probe, void *data);

static inline void tracepoint_synchronize_unregister(void)
{
}

/* What TRACE_EVENT makes of a tracepoint for those who probe it. */
#define DECLARE_TRACE(name, proto)						\
	extern struct tracepoint __tracepoint_##name;				\
	static inline int register_trace_##name(void (*probe)(void *data, proto), \
						void *data)			\
	{									\
		return tracepoint_probe_register(&__tracepoint_##name,		\
						 (void *)probe, data);		\
	}									\
	static inline int unregister_trace_##name(void (*probe)(void *data, proto), \
						  void *data)			\
	{									\
		return tracepoint_probe_unregister(&__tracepoint_##name,	\
						   (void *)probe, data);	\
	}
#define PARAMS(args...) args

#endif
