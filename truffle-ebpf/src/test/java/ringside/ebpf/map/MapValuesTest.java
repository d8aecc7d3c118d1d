package ringside.ebpf.map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import ringside.ebpf.Programs;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.loader.ObjectLoader;
import ringside.ebpf.object.BpfObject;
import ringside.ebpf.syscall.Bpf;
import ringside.ebpf.syscall.LoadResult;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.kernel.Kernel;
import ringside.kernel.KernelConfig;
import ringside.kernel.core.Errno;
import ringside.kernel.vm.GuestContext;

/** What lives in values: locks, timers, programs, pages. */
class MapValuesTest {
  private static final byte[] SEVEN = {7, 0, 0, 0};
  private static final int FIRED = 24;

  private Kernel kernel;
  private Bpf bpf;

  @BeforeEach
  void boot() {
    kernel = Kernel.boot(KernelConfig.defaults());
    bpf = new Bpf(kernel);
  }

  @AfterEach
  void powerOff() {
    kernel.close();
  }

  private BpfMap armed() {
    BpfObject object = Programs.object("timers");
    ObjectLoader loader = ObjectLoader.open(bpf, object);
    LoadResult loaded = Programs.load(bpf, object, loader, "arm");
    LoadedProgram program = loaded.program();
    assertNotNull(program, loaded.log());
    assertEquals(0, MapPrograms.run(bpf, program, 0, 1).retval());
    return loader.map("timers");
  }

  private int fired(BpfMap map) {
    UserMap.Answer value = new UserMap(map, BpfMap.Descriptors.NONE).lookup(SEVEN, null, 0);
    assertEquals(0, value.errno());
    return value.bytes()[FIRED];
  }

  /** The kernel's own timers are far off. */
  private boolean timerArmed() {
    return kernel.clock().untilNextTimer() <= 1_000_000;
  }

  private void pass(long nanos) {
    try (GuestContext.Scope _ = kernel.enter()) {
      kernel.clock().idle(nanos);
    }
  }

  @Test
  void aTimerInAValueRunsItsCallbackInVirtualTimeOnce() {
    BpfMap map = armed();
    assertEquals(100, fired(map));
    pass(900_000);
    assertEquals(100, fired(map));
    pass(200_000);
    assertEquals(107, fired(map));
    pass(10_000_000);
    assertEquals(107, fired(map));
  }

  @Test
  void theSpecialFieldsAreFoundAndHiddenFromUserSpace() {
    BpfMap map = armed();
    BtfRecord record = Objects.requireNonNull(map.descriptor().record());
    assertEquals(0, record.offsetOf(BtfFieldType.BPF_SPIN_LOCK));
    assertEquals(8, record.offsetOf(BtfFieldType.BPF_TIMER));
    assertEquals(2, record.fields().size());
    byte[] value = new UserMap(map, BpfMap.Descriptors.NONE).lookup(SEVEN, null, 4).bytes();
    for (int i = 0; i < FIRED; i++) {
      assertEquals(0, value[i], "byte " + i);
    }
    assertEquals(-Errno.ENOTSUPP, map.freeze());
  }

  @Test
  void aTimerGoesWithItsValueAndWithTheLastDescriptorOfItsMap() {
    BpfMap map = armed();
    assertEquals(0, new UserMap(map, BpfMap.Descriptors.NONE).delete(SEVEN));
    assertFalse(timerArmed());
    BpfMap other = armed();
    assertTrue(timerArmed());
    other.get();
    other.putUser();
    assertFalse(timerArmed());
    assertEquals(100, fired(other));
  }

  @Test
  void aProgramCallsOnThroughAProgramArrayOfItsOwnKind() throws MapException {
    FdArrayMap array =
        (FdArrayMap) bpf.maps().create(MapDescriptor.of(MapType.PROG_ARRAY, 4, 4, 2));
    LoadedProgram callee = MapPrograms.load(bpf, "r0 = 42\nexit\n");
    LoadedProgram caller =
        MapPrograms.load(bpf, "r2 = 7700 ll\nr3 = 1\ncall 12\nr0 = 1\nexit\n", array);
    assertEquals(1, MapPrograms.run(bpf, caller, 0, 1).retval());
    MapProgram held =
        new MapProgram(callee.id(), callee.type(), callee.attachType(), callee.target());
    UserMap user =
        new UserMap(
            array,
            new BpfMap.Descriptors() {
              @Override
              public @Nullable MapProgram program(int fd) {
                return fd == 5 ? held : null;
              }
            });
    byte[] one = {1, 0, 0, 0};
    assertEquals(Errno.EBADF, user.update(one, new byte[] {6, 0, 0, 0}, 0));
    assertEquals(0, user.update(one, new byte[] {5, 0, 0, 0}, 0));
    assertEquals(42, MapPrograms.run(bpf, caller, 0, 1).retval());
    assertFalse(array.accepts(ProgramType.SOCKET_FILTER, null));
    assertEquals(callee.id(), user.lookup(one, null, 0).bytes()[0]);
    assertEquals(0, user.delete(one));
    assertEquals(1, MapPrograms.run(bpf, caller, 0, 1).retval());
  }

  @Test
  void anArenasPagesAreReachedOnlyWhileTheyAreAllocated() throws MapException {
    long start = 0x7f0000000000L;
    ArenaMap arena =
        (ArenaMap)
            bpf.maps()
                .create(
                    MapDescriptor.of(MapType.ARENA, 0, 0, 10)
                        .withFlags(MapDescriptor.BPF_F_MMAPABLE)
                        .withMapExtra(start));
    assertEquals(start, arena.allocatePages(0, 2, -1, 0));
    assertEquals(start + 0x5000, arena.allocatePages(start + 0x5000, 5, -1, 0));
    assertEquals(0, arena.allocatePages(0, 4, -1, 0));
    assertEquals(start + 0x2000, arena.allocatePages(0, 3, -1, 0));
    assertEquals(0, arena.allocatePages(0, 1, -1, 0));
    long inside = arena.translate(start + 0x5008);
    assertEquals(arena.kernelStart() + ((start + 0x5008) & 0xffffffffL), inside);
    kernel.memory().writeLong(inside, 1);
    arena.freePages(start + 0x5000, 1);
    assertEquals(0, arena.translate(start + 0x5008));
    assertFalse(kernel.memory().allows(inside, 8, 1));
    assertTrue(arena.fault(start + 0x5000));
    assertEquals(0, kernel.memory().readLong(inside));
    assertEquals(10, arena.allocatedPages());
    int free = kernel.core().frames().freePages();
    bpf.maps().destroy(arena);
    assertTrue(kernel.core().frames().freePages() >= free + 10);
    assertTrue(kernel.memory().allows(inside, 8, 1));
  }

  @Test
  void anInnerMapLivesAsLongAsSomethingHoldsIt() throws MapException {
    BpfMap inner = bpf.maps().create(MapDescriptor.of(MapType.ARRAY, 4, 8, 1));
    BpfMap outer =
        bpf.maps()
            .create(MapDescriptor.of(MapType.ARRAY_OF_MAPS, 4, 4, 1).withInner(inner.descriptor()));
    UserMap user =
        new UserMap(
            outer,
            new BpfMap.Descriptors() {
              @Override
              public BpfMap map(int fd) {
                return inner;
              }
            });
    assertEquals(0, user.update(new byte[4], new byte[4], 0));
    inner.putUser();
    assertEquals(List.of(inner, outer), bpf.maps().all());
    LoadedProgram program =
        MapPrograms.load(
            bpf,
            """
              r1 = 0
              *(u64 *)(r10 - 8) = r1
              r1 = 7700 ll
              r2 = r10
              r2 += -8
              call 1
              if r0 == 0 goto out
              r1 = r0
              r2 = r10
              r2 += -8
              call 1
              if r0 == 0 goto out
              r1 = 9
              *(u64 *)(r0 + 0) = r1
              r0 = 3
            out:
              exit
            """,
            outer);
    assertEquals(3, MapPrograms.run(bpf, program, 0, 1).retval());
    assertEquals(0, user.delete(new byte[4]));
    assertEquals(List.of(outer), bpf.maps().all());
  }
}
