/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _LINUX_KTIME_H
#define _LINUX_KTIME_H

#include <linux/types.h>

#define NSEC_PER_USEC 1000L
#define NSEC_PER_MSEC 1000000L
#define NSEC_PER_SEC 1000000000L
#define USEC_PER_SEC 1000000L
#define MSEC_PER_SEC 1000L

#ifndef __KTIME_T_DEFINED
#define __KTIME_T_DEFINED
typedef s64 ktime_t;
#endif

ktime_t ktime_get(void);
u64 ktime_get_real_ns(void);
#define ktime_get_ns() ((u64)ktime_get())
#define ktime_to_ns(kt) (kt)
#define ktime_sub(a, b) ((a) - (b))
#define ktime_us_delta(a, b) (((a) - (b)) / NSEC_PER_USEC)

#endif
