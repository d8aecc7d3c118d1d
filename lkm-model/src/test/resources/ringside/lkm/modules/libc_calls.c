/* SPDX-License-Identifier: Apache-2.0 */
/* Calls the kernel's string, memory, lock and time functions and checks their answers. */
#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/hashtable.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>

struct entry {
	int key;
	struct hlist_node node;
	struct list_head list;
};

static DEFINE_SPINLOCK(lock);
static DEFINE_MUTEX(mutex);
static DEFINE_HASHTABLE(table, 4);
static LIST_HEAD(entries);
static atomic_t counter = ATOMIC_INIT(0);
static int failures;

#define CHECK(condition)						\
	do {								\
		if (!(condition)) {					\
			failures++;					\
			pr_err("libc_calls: failed: %s\n", #condition);	\
		}							\
	} while (0)

static noinline void strings(char *buffer)
{
	char copy[16];

	CHECK(snprintf(buffer, 64, "%s-%d-%x-%c", "abc", -5, 255, 'z') == 11);
	CHECK(strcmp(buffer, "abc--5-ff-z") == 0);
	CHECK(strlen(buffer) == 11);
	CHECK(strncmp(buffer, "abc++", 3) == 0);
	CHECK(strscpy(copy, buffer, sizeof(copy)) == 11);
	CHECK(strscpy(copy, "0123456789abcdefgh", sizeof(copy)) == -E2BIG);
	CHECK(strchr(buffer, 'f') == buffer + 7);
	CHECK(strstr(buffer, "ff") == buffer + 7);
	CHECK(memcmp("abd", "abc", 3) > 0);
	memset(buffer, 0x5a, 64);
	CHECK(buffer[0] == 0x5a && buffer[63] == 0x5a);
	memcpy(buffer, "hello", 6);
	memmove(buffer + 1, buffer, 6);
	CHECK(strcmp(buffer, "hhello") == 0);
}

static noinline void containers(void)
{
	struct entry *e, *next;
	int sum = 0;

	for (int i = 0; i < 10; i++) {
		e = kzalloc(sizeof(*e), GFP_KERNEL);
		if (!e)
			return;
		e->key = i;
		hash_add(table, &e->node, i);
		list_add_tail(&e->list, &entries);
	}
	hash_for_each_possible(table, e, node, 7)
		if (e->key == 7)
			sum += 100;
	list_for_each_entry_safe(e, next, &entries, list) {
		sum += e->key;
		hash_del(&e->node);
		list_del(&e->list);
		kfree(e);
	}
	CHECK(sum == 145);
	CHECK(list_empty(&entries));
}

static int __init libc_calls_init(void)
{
	char *buffer = kmalloc(64, GFP_KERNEL);
	unsigned long flags;
	ktime_t before;

	if (!buffer)
		return -ENOMEM;
	strings(buffer);
	containers();
	spin_lock(&lock);
	CHECK(spin_is_locked(&lock));
	spin_unlock(&lock);
	spin_lock_irqsave(&lock, flags);
	spin_unlock_irqrestore(&lock, flags);
	mutex_lock(&mutex);
	CHECK(mutex_is_locked(&mutex));
	mutex_unlock(&mutex);
	CHECK(atomic_inc_return(&counter) == 1);
	CHECK(atomic_cmpxchg(&counter, 1, 5) == 1 && atomic_read(&counter) == 5);
	before = ktime_get();
	udelay(100);
	CHECK(ktime_get() - before >= 100 * NSEC_PER_USEC);
	CHECK(get_random_u64() != get_random_u64());
	CHECK(current->pid > 0 && strcmp(current->comm, "insmod") == 0);
	CHECK(copy_from_user(buffer, (void __user *)8, 16) == 16);
	kfree(buffer);
	pr_info("libc_calls: %d failures\n", failures);
	return failures ? -EINVAL : 0;
}

static void __exit libc_calls_exit(void)
{
}

module_init(libc_calls_init);
module_exit(libc_calls_exit);
MODULE_LICENSE("GPL");
