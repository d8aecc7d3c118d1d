package ringside.kernel.lib;

import static ringside.kernel.text.KernelFunction.Export.ALL;

import ringside.kernel.core.KernelCore;
import ringside.kernel.mm.Memory;
import ringside.kernel.text.KernelFunction;

/**
 * {@code kernel/locking/}: locks on a machine with one CPU.
 *
 * <p>Nobody can release a lock while someone else spins for it, so taking a held one spins until
 * the watchdog notices, as a deadlock does.
 */
public final class LockFunctions {
  private static final long SPIN_STEP = 1000;

  /** {@code sstatus.SIE}. */
  private static final long SIE = 2;

  private final KernelCore core;
  private final Memory memory;

  LockFunctions(KernelCore core) {
    this.core = core;
    this.memory = core.guestMemory();
  }

  /** Takes a spinlock. */
  @KernelFunction(export = ALL)
  public void _raw_spin_lock(long lock) {
    while (memory.readInt(lock) != 0) {
      core.clock().retire(SPIN_STEP);
    }
    memory.writeInt(lock, 1);
  }

  /** Takes a spinlock with softirqs off. */
  @KernelFunction(export = ALL)
  public void _raw_spin_lock_bh(long lock) {
    _raw_spin_lock(lock);
  }

  /** Takes a spinlock with interrupts off. */
  @KernelFunction(export = ALL)
  public void _raw_spin_lock_irq(long lock) {
    _raw_spin_lock(lock);
  }

  /** Takes a spinlock with interrupts off; returns what was their state. */
  @KernelFunction(export = ALL)
  public long _raw_spin_lock_irqsave(long lock) {
    _raw_spin_lock(lock);
    return SIE;
  }

  /** Takes a spinlock if it is free. */
  @KernelFunction(export = ALL)
  public int _raw_spin_trylock(long lock) {
    boolean free = memory.readInt(lock) == 0;
    if (free) {
      memory.writeInt(lock, 1);
    }
    return free ? 1 : 0;
  }

  /** Releases a spinlock. */
  @KernelFunction(export = ALL)
  public void _raw_spin_unlock(long lock) {
    memory.writeInt(lock, 0);
  }

  /** Releases a spinlock and lets softirqs run. */
  @KernelFunction(export = ALL)
  public void _raw_spin_unlock_bh(long lock) {
    _raw_spin_unlock(lock);
  }

  /** Releases a spinlock and lets interrupts in. */
  @KernelFunction(export = ALL)
  public void _raw_spin_unlock_irq(long lock) {
    _raw_spin_unlock(lock);
  }

  /** Releases a spinlock and puts the interrupts' state back. */
  @KernelFunction(export = ALL)
  public void _raw_spin_unlock_irqrestore(long lock, long flags) {
    _raw_spin_unlock(lock);
  }

  /** Takes a mutex. */
  @KernelFunction(export = ALL)
  public void mutex_lock(long mutex) {
    while (memory.readLong(mutex) != 0) {
      core.clock().retire(SPIN_STEP);
    }
    memory.writeLong(mutex, 1);
  }

  /** Takes a mutex if it is free. */
  @KernelFunction(export = ALL)
  public int mutex_trylock(long mutex) {
    boolean free = memory.readLong(mutex) == 0;
    if (free) {
      memory.writeLong(mutex, 1);
    }
    return free ? 1 : 0;
  }

  /** Releases a mutex. */
  @KernelFunction(export = ALL)
  public void mutex_unlock(long mutex) {
    memory.writeLong(mutex, 0);
  }

  /** Waits for readers, of which there are none on a CPU that does not preempt the kernel. */
  @KernelFunction(export = KernelFunction.Export.GPL)
  public void synchronize_rcu() {}
}
