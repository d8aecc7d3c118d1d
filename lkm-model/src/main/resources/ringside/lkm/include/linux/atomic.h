/* SPDX-License-Identifier: Apache-2.0 */
/* Atomic counters, by the compiler's builtins (lr/sc and amo instructions). */
#ifndef _LINUX_ATOMIC_H
#define _LINUX_ATOMIC_H

#include <linux/compiler.h>
#include <linux/types.h>

#ifndef ATOMIC_INIT
#define ATOMIC_INIT(i) { (i) }
#endif
#define ATOMIC64_INIT(i) { (i) }

#define __ATOMIC_FAMILY(prefix, type, value)					\
static inline value prefix##_read(const type *v)				\
{ return __atomic_load_n(&v->counter, __ATOMIC_RELAXED); }			\
static inline void prefix##_set(type *v, value i)				\
{ __atomic_store_n(&v->counter, i, __ATOMIC_RELAXED); }				\
static inline void prefix##_add(value i, type *v)				\
{ __atomic_fetch_add(&v->counter, i, __ATOMIC_RELAXED); }			\
static inline void prefix##_sub(value i, type *v)				\
{ __atomic_fetch_sub(&v->counter, i, __ATOMIC_RELAXED); }			\
static inline void prefix##_inc(type *v) { prefix##_add(1, v); }		\
static inline void prefix##_dec(type *v) { prefix##_sub(1, v); }		\
static inline value prefix##_add_return(value i, type *v)			\
{ return __atomic_add_fetch(&v->counter, i, __ATOMIC_SEQ_CST); }		\
static inline value prefix##_sub_return(value i, type *v)			\
{ return __atomic_sub_fetch(&v->counter, i, __ATOMIC_SEQ_CST); }		\
static inline value prefix##_inc_return(type *v)				\
{ return prefix##_add_return(1, v); }						\
static inline value prefix##_dec_return(type *v)				\
{ return prefix##_sub_return(1, v); }						\
static inline value prefix##_fetch_add(value i, type *v)			\
{ return __atomic_fetch_add(&v->counter, i, __ATOMIC_SEQ_CST); }		\
static inline bool prefix##_dec_and_test(type *v)				\
{ return prefix##_dec_return(v) == 0; }						\
static inline value prefix##_xchg(type *v, value i)				\
{ return __atomic_exchange_n(&v->counter, i, __ATOMIC_SEQ_CST); }		\
static inline value prefix##_cmpxchg(type *v, value old, value next)		\
{										\
	__atomic_compare_exchange_n(&v->counter, &old, next, 0,			\
				    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);	\
	return old;								\
}

__ATOMIC_FAMILY(atomic, atomic_t, int)
__ATOMIC_FAMILY(atomic64, atomic64_t, s64)

typedef atomic64_t atomic_long_t;
#define atomic_long_read atomic64_read
#define atomic_long_set atomic64_set
#define atomic_long_add atomic64_add
#define atomic_long_sub atomic64_sub
#define atomic_long_inc atomic64_inc
#define atomic_long_dec atomic64_dec

#define cmpxchg(ptr, old, next)							\
	({									\
		__typeof__(*(ptr)) __old = (old);				\
		__atomic_compare_exchange_n(ptr, &__old, (next), 0,		\
					    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED); \
		__old;								\
	})
#define xchg(ptr, value) __atomic_exchange_n(ptr, (value), __ATOMIC_SEQ_CST)

#define smp_mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define smp_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)

#endif
