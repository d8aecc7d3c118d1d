package ringside.kernel.trace;

import ringside.hook.HookPoint;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.Memory;

/**
 * One tracepoint: its hook, and the record that its event writes.
 *
 * <p>Attachments of the hook get the raw arguments (what {@code TP_PROTO} declares). Whoever needs
 * the event's record instead, as an eBPF tracepoint program does, has {@link #assign} build it from
 * them.
 */
public final class Tracepoint {
  private final String system;
  private final String name;
  private final int id;
  private final HookPoint hook;
  private final StructLayout record;
  private final FastAssign assign;

  /** {@code TP_fast_assign}: fills the fields behind {@code struct trace_entry}. */
  @FunctionalInterface
  public interface FastAssign {
    /**
     * Fills a record.
     *
     * @param entry the record's address
     * @param first the tracepoint's first argument
     * @param second its second
     */
    void assign(Memory memory, long entry, long first, long second);
  }

  Tracepoint(
      String system, String name, int id, HookPoint hook, StructLayout record, FastAssign assign) {
    this.system = system;
    this.name = name;
    this.id = id;
    this.hook = hook;
    this.record = record;
    this.assign = assign;
  }

  /** The group of events, e.g. {@code raw_syscalls}. */
  public String system() {
    return system;
  }

  /** The event's name, e.g. {@code sys_enter}. */
  public String name() {
    return name;
  }

  /** The event's number, as {@code events/…/id} shows it. */
  public int id() {
    return id;
  }

  /** Where extensions attach. */
  public HookPoint hook() {
    return hook;
  }

  /** The layout of the record, {@code struct trace_event_raw_…}. */
  public StructLayout record() {
    return record;
  }

  /** Builds the event's record at {@code entry} from the hook's arguments. */
  public void assign(Memory memory, long entry, int pid, long first, long second) {
    memory.writeShort(entry, (short) id);
    memory.writeShort(entry + 2, (short) 0); // flags and preempt_count
    memory.writeInt(entry + 4, pid);
    assign.assign(memory, entry, first, second);
  }
}
