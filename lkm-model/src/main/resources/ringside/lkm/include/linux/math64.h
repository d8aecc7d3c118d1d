/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _LINUX_MATH64_H
#define _LINUX_MATH64_H

#include <linux/types.h>

#define div_u64(n, d) ((u64)(n) / (u32)(d))
#define div64_u64(n, d) ((u64)(n) / (u64)(d))
#define do_div(n, base)					\
	({						\
		u32 __rem = (u64)(n) % (u32)(base);	\
		(n) = (u64)(n) / (u32)(base);		\
		__rem;					\
	})

#endif
