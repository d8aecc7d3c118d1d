/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _LINUX_JIFFIES_H
#define _LINUX_JIFFIES_H

#include <linux/types.h>

#define HZ 250

/* Virtual time moves with every instruction, so the counter is asked for, not polled in memory. */
u64 get_jiffies_64(void);
#define jiffies ((unsigned long)get_jiffies_64())

#define time_after(a, b) ((long)((b) - (a)) < 0)
#define time_before(a, b) time_after(b, a)
#define msecs_to_jiffies(m) (((m) * HZ + 999) / 1000)
#define jiffies_to_msecs(j) ((j) * 1000 / HZ)

#endif
