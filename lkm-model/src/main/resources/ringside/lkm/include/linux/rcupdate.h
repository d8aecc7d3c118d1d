/* SPDX-License-Identifier: Apache-2.0 */
/* Read-copy-update: a single hart that never preempts the kernel has no reader to wait for. */
#ifndef __LINUX_RCUPDATE_H
#define __LINUX_RCUPDATE_H

#include <linux/compiler.h>

#define rcu_read_lock() barrier()
#define rcu_read_unlock() barrier()
#define rcu_dereference(p) READ_ONCE(p)
#define rcu_assign_pointer(p, v) \
	__atomic_store_n(&(p), (__typeof__(p))(v), __ATOMIC_RELEASE)
void synchronize_rcu(void);

#endif
