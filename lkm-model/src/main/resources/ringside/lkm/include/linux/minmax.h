/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _LINUX_MINMAX_H
#define _LINUX_MINMAX_H

#define min(x, y)				\
	({ __typeof__(x) __x = (x);		\
	   __typeof__(y) __y = (y);		\
	   __x < __y ? __x : __y; })
#define max(x, y)				\
	({ __typeof__(x) __x = (x);		\
	   __typeof__(y) __y = (y);		\
	   __x > __y ? __x : __y; })
#define min_t(type, x, y) min((type)(x), (type)(y))
#define max_t(type, x, y) max((type)(x), (type)(y))
#define clamp(val, lo, hi) min(max(val, lo), hi)
#define clamp_t(type, val, lo, hi) min_t(type, max_t(type, val, lo), hi)

#endif
