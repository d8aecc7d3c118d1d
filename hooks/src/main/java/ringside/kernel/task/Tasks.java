package ringside.kernel.task;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import ringside.format.BadInputException;
import ringside.kernel.core.Errno;
import ringside.kernel.core.KernelCore;
import ringside.kernel.cpu.UserContext;
import ringside.kernel.fs.Credentials;
import ringside.kernel.fs.Directory;
import ringside.kernel.fs.FileTable;
import ringside.kernel.fs.Fs;
import ringside.kernel.fs.FsException;
import ringside.kernel.fs.OpenFile;
import ringside.kernel.mm.Gfp;
import ringside.kernel.mm.KernelStack;
import ringside.kernel.mm.KmemCache;
import ringside.kernel.mm.Memory;
import ringside.kernel.text.KernelFunction;
import ringside.kernel.trap.CurrentTask;
import ringside.kernel.trap.TaskKilled;

/**
 * All tasks of one kernel.
 *
 * <p>There are always the idle task (pid 0), init (1) and kthreadd (2). Programs and host-side
 * processes come as children of init.
 */
public final class Tasks {
  private static final long CAP_FULL_SET = (1L << 41) - 1;
  private static final int PF_KTHREAD = 0x00200000;
  private static final int PID_MAX = 32768;
  private static final int AT_FDCWD = -100;

  /** Where the heap of a process without a program starts. */
  private static final long HEAP = 0x10000;

  private final KernelCore core;
  private final Fs fs;
  private final Memory memory;
  private final TaskLayout layout;
  private final KmemCache taskCache;
  private final KmemCache credCache;
  private final ProgramLoader loader;
  private final Scheduler scheduler;
  private final Map<Integer, Task> byPid = new TreeMap<>();
  private final Task swapper;
  private final Task init;
  private Task current;
  private int lastPid;
  private @Nullable SyscallEntry syscalls;

  /** Makes the first tasks and {@code /proc/[pid]}. */
  public Tasks(KernelCore core, Fs fs) {
    this.core = core;
    this.fs = fs;
    this.memory = core.memory();
    this.layout = new TaskLayout(core.layouts());
    this.taskCache = core.slab().createCache("task_struct", layout.task.size(), 64);
    this.credCache = core.slab().createCache("cred_jar", layout.credLayout.size(), 64);
    this.loader = new ProgramLoader(core);
    this.scheduler = new Scheduler(core, this);
    long initTask =
        core.symbols().defineData("init_task", layout.task.size(), KernelFunction.Export.ALL);
    long head = initTask + layout.tasks;
    memory.writeLong(head, head);
    memory.writeLong(head + 8, head);
    long initCred =
        core.symbols()
            .defineData("init_cred", layout.credLayout.size(), KernelFunction.Export.NONE);
    fillCred(initCred, 0, 0);
    this.swapper = new Task(core, layout, initTask, stack(), 0);
    setUp(swapper, "swapper/0", initCred, null);
    this.current = swapper;
    this.init = adopt("init", credFor(0, 0), swapper);
    Task kthreadd = adopt("kthreadd", credFor(0, 0), swapper);
    memory.writeInt(kthreadd.address() + layout.task.offset("flags"), PF_KTHREAD);
    init.setState(Task.State.SLEEPING);
    kthreadd.setState(Task.State.SLEEPING);
    core.traps().setCurrent(this::describeCurrent);
    switchTo(swapper);
    new ProcTasks(this).addTo(fs.proc());
  }

  /** Says who handles system calls; once, at boot. */
  public void setSyscallEntry(SyscallEntry entry) {
    syscalls = entry;
  }

  SyscallEntry syscallEntry() {
    return Objects.requireNonNull(syscalls, "no system call layer");
  }

  /** The running task. */
  public Task current() {
    return current;
  }

  /** The idle task. */
  public Task swapper() {
    return swapper;
  }

  /** Process 1, the parent of what the host starts. */
  public Task init() {
    return init;
  }

  /** All tasks but the idle one, zombies included, by pid. */
  public List<Task> all() {
    return List.copyOf(byPid.values());
  }

  /** The task of that pid, or null. */
  public @Nullable Task find(int pid) {
    return byPid.get(pid);
  }

  /**
   * A path from the root, for one that may be relative to a directory that the current task has
   * open.
   *
   * @param directory its descriptor, or {@code AT_FDCWD} (-100) for the root
   * @throws FsException {@code EBADF}, {@code ENOTDIR}
   */
  public String absolute(int directory, String path) {
    if (path.startsWith("/") || directory == AT_FDCWD) {
      return path;
    }
    FileTable files = current.files();
    OpenFile open = files == null ? null : files.get(directory);
    if (open == null) {
      throw new FsException(Errno.EBADF);
    }
    if (!(open.inode() instanceof Directory)) {
      throw new FsException(Errno.ENOTDIR);
    }
    return open.path() + "/" + path;
  }

  /**
   * Gives the current task, one of {@link #inProcess}, memory of its own: a heap that {@code brk}
   * grows, for system calls that take pointers.
   */
  public AddressSpace giveMemory() {
    AddressSpace space = new AddressSpace(core);
    space.setBrk(HEAP);
    current.setMm(space);
    switchTo(current);
    return space;
  }

  // --- starting ---

  /**
   * Starts a Ring 3 program as root; it runs once {@link #run} is called.
   *
   * @param name the file's name; its last part becomes {@code comm}
   * @param elf a static riscv executable
   * @param args the arguments, the program's name included
   * @throws BadInputException where it is no such program
   */
  public Task spawn(String name, byte[] elf, List<String> args) {
    return spawn(name, elf, args, 0);
  }

  /** The same as another user, whose group has the same number. */
  public Task spawn(String name, byte[] elf, List<String> args, int uid) {
    UserContext start = new UserContext();
    AddressSpace space = loader.load(name, elf, args, start);
    Task task = adopt(name.substring(name.lastIndexOf('/') + 1), credFor(uid, uid), init);
    task.setMm(space);
    System.arraycopy(start.x, 0, task.context().x, 0, start.x.length);
    task.context().pc = start.pc;
    FileTable files = new FileTable(core, fs);
    OpenFile console = fs.open("/dev/console", Fs.O_RDWR, 0, Credentials.ROOT, task.cred());
    files.install(console);
    for (int fd = 1; fd < 3; fd++) {
      fs.get(console);
      files.install(console);
    }
    task.setFiles(files);
    scheduler.enqueue(task);
    return task;
  }

  /**
   * Runs host code as a process of its own, e.g. {@code insmod}: it is current, has a pid, and an
   * oops kills it.
   *
   * @throws TaskKilled where it died in the kernel; it is gone by then
   */
  public <T extends @Nullable Object> T inProcess(String comm, int uid, Supplier<T> body) {
    Task task = adopt(comm, credFor(uid, uid), init);
    task.setFiles(new FileTable(core, fs));
    Task previous = current;
    core.watchdog().touch();
    switchTo(task);
    int status = 0;
    try {
      return body.get();
    } catch (TaskKilled killed) {
      status = killed.signal();
      throw killed;
    } finally {
      switchTo(previous);
      exit(task, status);
    }
  }

  /**
   * Makes a child of the current task that continues where its parent's {@code pt_regs} say, with 0
   * as the result ({@code kernel_clone}).
   *
   * @param shareMemory {@code CLONE_VM}
   * @param thread {@code CLONE_THREAD}
   * @param childStack its stack pointer, or 0 for its parent's
   * @return the child
   * @throws FsException {@code ENOMEM}, {@code EINVAL}
   */
  public Task clone(boolean shareMemory, boolean thread, long childStack) {
    Task parent = current;
    AddressSpace space = parent.mm();
    if (space == null) {
      throw new FsException(Errno.EINVAL);
    }
    AddressSpace childSpace = shareMemory ? space.share() : space.copy();
    if (childSpace == null) {
      throw new FsException(Errno.ENOMEM);
    }
    long cred = credCache.allocate(Gfp.KERNEL);
    byte[] bytes = new byte[layout.credLayout.size()];
    memory.read(parent.cred(), bytes, 0, bytes.length);
    memory.write(cred, bytes, 0, bytes.length);
    Task child = adopt(parent.comm(), cred, parent);
    if (thread) {
      memory.writeInt(child.address() + layout.tgid, parent.tgid());
    }
    child.setMm(childSpace);
    FileTable files = parent.files();
    child.setFiles(files == null ? null : files.copy());
    byte[] registers = new byte[layout.ptRegs.size()];
    memory.read(parent.ptRegs(), registers, 0, registers.length);
    memory.write(child.ptRegs(), registers, 0, registers.length);
    memory.writeLong(child.ptRegs() + layout.ptRegs.offset("a0"), 0);
    if (childStack != 0) {
      memory.writeLong(child.ptRegs() + layout.ptRegs.offset("sp"), childStack);
    }
    child.restoreRegisters();
    scheduler.enqueue(child);
    return child;
  }

  private Task adopt(String comm, long cred, Task parent) {
    long address = taskCache.allocate(Gfp.KERNEL | Gfp.ZERO);
    if (address == 0 || cred == 0) {
      throw new FsException(Errno.ENOMEM);
    }
    Task task = new Task(core, layout, address, stack(), allocatePid());
    setUp(task, comm, cred, parent);
    linkLast(task);
    byPid.put(task.pid(), task);
    return task;
  }

  private void setUp(Task task, String comm, long cred, @Nullable Task parent) {
    long at = task.address();
    memory.writeInt(at + layout.pid, task.pid());
    memory.writeInt(at + layout.tgid, task.pid());
    memory.writeLong(at + layout.task.offset("stack"), task.stack().bottom());
    memory.writeLong(at + layout.task.offset("thread_info.kernel_sp"), task.ptRegs());
    memory.writeLong(at + layout.cred, cred);
    memory.writeLong(at + layout.realCred, cred);
    memory.writeLong(at + layout.task.offset("group_leader"), at);
    memory.writeLong(at + layout.task.offset("start_time"), core.clock().nanos());
    memory.writeLong(at + layout.task.offset("start_boottime"), core.clock().nanos());
    memory.writeInt(at + layout.task.offset("usage"), 1);
    memory.writeInt(at + layout.task.offset("prio"), 120);
    memory.writeInt(at + layout.task.offset("static_prio"), 120);
    memory.writeInt(at + layout.task.offset("normal_prio"), 120);
    task.setParent(parent);
    task.setComm(comm);
    task.setState(Task.State.RUNNABLE);
  }

  /** {@code list_add_tail(&p->tasks, &init_task.tasks)}. */
  private void linkLast(Task task) {
    long head = swapper.address() + layout.tasks;
    long node = task.address() + layout.tasks;
    long last = memory.readLong(head + 8);
    memory.writeLong(node, head);
    memory.writeLong(node + 8, last);
    memory.writeLong(last, node);
    memory.writeLong(head + 8, node);
  }

  private void unlink(Task task) {
    long node = task.address() + layout.tasks;
    long next = memory.readLong(node);
    long previous = memory.readLong(node + 8);
    memory.writeLong(previous, next);
    memory.writeLong(next + 8, previous);
  }

  private KernelStack stack() {
    KernelStack stack = core.allocateStack();
    if (stack == null) {
      throw new FsException(Errno.ENOMEM);
    }
    return stack;
  }

  private int allocatePid() {
    for (int tried = 0; tried < PID_MAX; tried++) {
      lastPid = lastPid + 1 < PID_MAX ? lastPid + 1 : 300; // RESERVED_PIDS
      if (!byPid.containsKey(lastPid)) {
        return lastPid;
      }
    }
    throw new FsException(Errno.EAGAIN);
  }

  private long credFor(int uid, int gid) {
    long cred = credCache.allocate(Gfp.KERNEL | Gfp.ZERO);
    if (cred != 0) {
      fillCred(cred, uid, gid);
    }
    return cred;
  }

  private void fillCred(long cred, int uid, int gid) {
    memory.writeLong(cred + layout.credLayout.offset("usage"), 1);
    for (String field : List.of("uid", "suid", "euid", "fsuid")) {
      memory.writeInt(cred + layout.credLayout.offset(field), uid);
    }
    for (String field : List.of("gid", "sgid", "egid", "fsgid")) {
      memory.writeInt(cred + layout.credLayout.offset(field), gid);
    }
    memory.writeLong(cred + layout.credLayout.offset("cap_bset"), CAP_FULL_SET);
    if (uid == 0) {
      memory.writeLong(cred + layout.credLayout.offset("cap_permitted"), CAP_FULL_SET);
      memory.writeLong(cred + layout.credLayout.offset("cap_effective"), CAP_FULL_SET);
    }
  }

  // --- running ---

  /**
   * Runs tasks for at most {@code nanos} of virtual time, or until none can ever run again.
   *
   * <p>With the kernel's guest context entered.
   *
   * @return whether all programs have ended
   * @throws ringside.kernel.trap.KernelPanic where the kernel died
   * @throws ringside.kernel.trap.KernelHang where it never came back from an extension
   */
  public boolean run(long nanos) {
    return scheduler.run(nanos, this::noProgramLeft);
  }

  /** Runs tasks until one has ended, as {@link #run} does; returns whether it has. */
  public boolean runUntilExit(Task task, long nanos) {
    return scheduler.run(nanos, task::ended);
  }

  private boolean noProgramLeft() {
    for (Task task : byPid.values()) {
      if (task.mm() != null) {
        return false;
      }
    }
    return true;
  }

  boolean anyTimer() {
    for (Task task : byPid.values()) {
      if (task.timer() != null) {
        return true;
      }
    }
    return false;
  }

  void switchTo(Task task) {
    current = task;
    AddressSpace space = task.mm();
    core.thisCpu().switchTo(task.address(), task.ptRegs(), space == null ? null : space.table());
  }

  private CurrentTask describeCurrent() {
    Task task = current;
    return new CurrentTask(
        task.readPid(),
        task.comm(),
        task.credential("euid"),
        task.stack(),
        task.mm() != null,
        task.preemptCount());
  }

  /** The current task gives up the rest of its time slice. */
  public void yieldCpu() {
    scheduler.yieldCpu();
  }

  /** The current task waits until it is woken; then {@code retry} gives its result. */
  public void block(Task.Blocked retry) {
    current.setBlocked(retry);
    current.setState(Task.State.SLEEPING);
  }

  /** Wakes the current task after that time, if it waits then. */
  public void wakeAfter(long nanos) {
    Task task = current;
    task.setTimer(
        core.clock()
            .after(
                nanos,
                () -> {
                  task.setTimer(null);
                  wake(task);
                }));
  }

  /** Makes a waiting task runnable. */
  public void wake(Task task) {
    if (task.state() == Task.State.SLEEPING) {
      task.setState(Task.State.RUNNABLE);
      scheduler.enqueue(task);
    }
  }

  // --- ending ---

  /** Sends a signal: without handlers it kills, or does nothing. */
  public void signal(Task task, int signal) {
    if (signal != 0 && !Signal.ignored(signal) && task.mm() != null && task.pendingSignal() == 0) {
      task.setPendingSignal(signal);
      wake(task);
    }
  }

  /** Ends all tasks of the current one's process ({@code do_group_exit}). */
  public void exitGroup(int code) {
    int group = current.tgid();
    for (Task task : all()) {
      if (task.mm() != null && task != current && task.tgid() == group) {
        exit(task, code);
      }
    }
    exit(current, code);
  }

  /**
   * Ends a task ({@code do_exit}).
   *
   * @param code as {@code wait(2)} tells it
   */
  public void exit(Task task, int code) {
    if (task.ended()) {
      return;
    }
    var timer = task.timer();
    if (timer != null) {
      core.clock().cancel(timer);
      task.setTimer(null);
    }
    task.setBlocked(null);
    scheduler.dequeue(task);
    FileTable files = task.files();
    if (files != null) {
      task.setFiles(null);
      files.release();
    }
    AddressSpace space = task.mm();
    if (space != null) {
      task.setMm(null);
      space.release();
    }
    task.setExitCode(code);
    for (Task child : all()) {
      if (child.parent() == task) {
        child.setParent(init);
        if (child.state() == Task.State.ZOMBIE) {
          reap(child);
        }
      }
    }
    task.setState(Task.State.ZOMBIE);
    Task parent = task.parent();
    if (parent == null || parent == init || task.tgid() != task.readPid()) {
      reap(task); // init waits for its children at once; a thread leaves no zombie
    } else {
      wake(parent);
    }
  }

  /** A child of the current task that has ended: -1 for any; null where there is none. */
  public @Nullable Task zombieChild(int pid) {
    for (Task task : byPid.values()) {
      if (task.parent() == current
          && task.state() == Task.State.ZOMBIE
          && (pid == -1 || task.pid() == pid)) {
        return task;
      }
    }
    return null;
  }

  /** Whether the current task has a child to wait for: -1 for any. */
  public boolean hasChild(int pid) {
    for (Task task : byPid.values()) {
      if (task.parent() == current && (pid == -1 || task.pid() == pid)) {
        return true;
      }
    }
    return false;
  }

  /** Forgets an ended task and frees what it had ({@code release_task}). */
  public void reap(Task task) {
    unlink(task);
    byPid.remove(task.pid());
    long cred = task.cred();
    task.setState(Task.State.DEAD);
    credCache.free(cred);
    core.freeStack(task.stack());
    taskCache.free(task.address());
  }

  /** The children of a task, for listings. */
  public List<Task> children(Task parent) {
    List<Task> children = new ArrayList<>();
    for (Task task : byPid.values()) {
      if (task.parent() == parent) {
        children.add(task);
      }
    }
    return children;
  }
}
