/* SPDX-License-Identifier: Apache-2.0 */
/* Locks that spin; a held one never comes free on a single hart, which is what a deadlock is. */
#ifndef __LINUX_SPINLOCK_H
#define __LINUX_SPINLOCK_H

#include <linux/compiler.h>
#include <linux/preempt.h>
#include <linux/types.h>

#ifndef __SPINLOCK_T_DEFINED
#define __SPINLOCK_T_DEFINED
typedef struct raw_spinlock {
	unsigned int locked;
} raw_spinlock_t;
typedef struct spinlock {
	struct raw_spinlock rlock;
} spinlock_t;
#endif

#define __RAW_SPIN_LOCK_UNLOCKED(name) { 0 }
#define __SPIN_LOCK_UNLOCKED(name) { { 0 } }
#define DEFINE_SPINLOCK(x) spinlock_t x = __SPIN_LOCK_UNLOCKED(x)
#define DEFINE_RAW_SPINLOCK(x) raw_spinlock_t x = __RAW_SPIN_LOCK_UNLOCKED(x)

void _raw_spin_lock(raw_spinlock_t *lock);
void _raw_spin_lock_bh(raw_spinlock_t *lock);
void _raw_spin_lock_irq(raw_spinlock_t *lock);
unsigned long _raw_spin_lock_irqsave(raw_spinlock_t *lock);
int _raw_spin_trylock(raw_spinlock_t *lock);
void _raw_spin_unlock(raw_spinlock_t *lock);
void _raw_spin_unlock_bh(raw_spinlock_t *lock);
void _raw_spin_unlock_irq(raw_spinlock_t *lock);
void _raw_spin_unlock_irqrestore(raw_spinlock_t *lock, unsigned long flags);

#define spin_lock_init(lock) do { (lock)->rlock.locked = 0; } while (0)
#define spin_lock(lock) _raw_spin_lock(&(lock)->rlock)
#define spin_lock_bh(lock) _raw_spin_lock_bh(&(lock)->rlock)
#define spin_lock_irq(lock) _raw_spin_lock_irq(&(lock)->rlock)
#define spin_lock_irqsave(lock, flags) \
	do { flags = _raw_spin_lock_irqsave(&(lock)->rlock); } while (0)
#define spin_trylock(lock) _raw_spin_trylock(&(lock)->rlock)
#define spin_unlock(lock) _raw_spin_unlock(&(lock)->rlock)
#define spin_unlock_bh(lock) _raw_spin_unlock_bh(&(lock)->rlock)
#define spin_unlock_irq(lock) _raw_spin_unlock_irq(&(lock)->rlock)
#define spin_unlock_irqrestore(lock, flags) \
	_raw_spin_unlock_irqrestore(&(lock)->rlock, flags)
#define spin_is_locked(lock) (READ_ONCE((lock)->rlock.locked) != 0)

#endif
