package ringside.lkm.loader;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import ringside.kernel.core.KernelCore;
import ringside.kernel.mm.PageTable;

/**
 * Puts a module's sections into memory ({@code layout_sections}, {@code move_module}) and sets page
 * permissions ({@code strict_rwx}).
 */
final class ModulePlacement {
  private final KernelCore core;
  private final ModuleArea area;

  ModulePlacement(KernelCore core) {
    this.core = core;
    this.area = new ModuleArea(core);
  }

  /** Lays the image out, allocates and copies; sections then have addresses. */
  LoadedModule place(ModuleImage image) throws LoadError {
    // Tracked, but not kept.
    image.modinfoSection().flags &= ~ModuleImage.SHF_ALLOC;
    image.versionsSection().flags &= ~ModuleImage.SHF_ALLOC;
    checkWritableOrExecutable(image);
    Map<Segment.Kind, Long> sizes = new EnumMap<>(Segment.Kind.class);
    Map<ModuleImage.Section, Segment.Kind> kinds = new LinkedHashMap<>();
    for (boolean init : new boolean[] {false, true}) {
      for (int pass = 0; pass < 4; pass++) {
        for (ModuleImage.Section section : image.sections()) {
          if (section.has(ModuleImage.SHF_ALLOC)
              && section.name.startsWith(".init") == init
              && pass(section) == pass) {
            Segment.Kind kind = kind(pass, init);
            long offset = align(sizes.getOrDefault(kind, 0L), section.align);
            section.address = offset;
            sizes.put(kind, offset + section.size);
            kinds.put(section, kind);
          }
        }
      }
    }
    long gotOffset = align(sizes.getOrDefault(Segment.Kind.RODATA, 0L), 8);
    int gotSlots = Relocator.gotSlots(image);
    if (gotSlots > 0) {
      sizes.put(Segment.Kind.RODATA, gotOffset + 8L * gotSlots);
    }
    Map<Segment.Kind, Segment> segments = allocate(sizes);
    kinds.forEach((section, kind) -> {
      section.address += baseOf(segments, kind);
      byte[] contents = image.contents(section);
      core.memory().write(section.address, contents, 0, contents.length);
    });
    if (gotSlots > 0) {
      image.placeGot(baseOf(segments, Segment.Kind.RODATA) + gotOffset);
    }
    return new LoadedModule(
        core.memory(),
        core.layouts().of("module"),
        image.thisModule().address,
        image.name(),
        List.copyOf(segments.values()));
  }

  /** Takes write permission off text and read-only data. */
  void seal(LoadedModule module) {
    for (Segment segment : module.segments()) {
      area.protect(segment, segment.kind().permissions());
    }
  }

  /** Frees what was for init only and seals what is read-only after it; returns what was freed. */
  List<Segment> dropInit(LoadedModule module) {
    List<Segment> gone = new ArrayList<>();
    for (Segment segment : module.segments()) {
      if (segment.kind().init()) {
        gone.add(segment);
        free(segment);
      } else if (segment.kind() == Segment.Kind.RO_AFTER_INIT) {
        area.protect(segment, PageTable.READ);
      }
    }
    module.dropSegments(gone);
    return gone;
  }

  /** Frees all of a module's memory. */
  void free(LoadedModule module) {
    module.segments().forEach(this::free);
  }

  private void free(Segment segment) {
    area.free(segment);
    core.flushInstructionCache(segment.base(), segment.size());
  }

  private Map<Segment.Kind, Segment> allocate(Map<Segment.Kind, Long> sizes) throws LoadError {
    Map<Segment.Kind, Segment> segments = new EnumMap<>(Segment.Kind.class);
    for (Map.Entry<Segment.Kind, Long> entry : sizes.entrySet()) {
      if (entry.getValue() == 0) {
        continue;
      }
      var segment = area.allocate(entry.getKey(), entry.getValue());
      if (segment.isEmpty()) {
        segments.values().forEach(area::free);
        throw LoadError.silent(ModuleLoader.ENOMEM);
      }
      segments.put(entry.getKey(), segment.get());
    }
    return segments;
  }

  /** {@code module_enforce_rwx_sections}. */
  private static void checkWritableOrExecutable(ModuleImage image) throws LoadError {
    for (ModuleImage.Section section : image.sections()) {
      if (section.has(ModuleImage.SHF_EXECINSTR) && section.has(ModuleImage.SHF_WRITE)) {
        throw LoadError.err(
            ModuleLoader.ENOEXEC,
            "%s: section %s (index %d) has invalid WRITE|EXEC flags"
                .formatted(image.name(), section.name, section.index));
      }
      if (Long.compareUnsigned(section.align, PageTable.PAGE_SIZE) > 0
          || Long.bitCount(section.align) > 1
          || (section.has(ModuleImage.SHF_ALLOC)
              && Long.compareUnsigned(section.size, 1L << 26) > 0)) {
        throw LoadError.silent(ModuleLoader.ENOMEM);
      }
    }
  }

  private static int pass(ModuleImage.Section section) {
    if (section.has(ModuleImage.SHF_EXECINSTR)) {
      return 0;
    }
    if (!section.has(ModuleImage.SHF_WRITE)) {
      return 1;
    }
    return section.name.equals(".data..ro_after_init") ? 2 : 3;
  }

  private static Segment.Kind kind(int pass, boolean init) {
    return switch (pass) {
      case 0 -> init ? Segment.Kind.INIT_TEXT : Segment.Kind.TEXT;
      case 1 -> init ? Segment.Kind.INIT_RODATA : Segment.Kind.RODATA;
      case 2 -> init ? Segment.Kind.INIT_DATA : Segment.Kind.RO_AFTER_INIT;
      default -> init ? Segment.Kind.INIT_DATA : Segment.Kind.DATA;
    };
  }

  private static long baseOf(Map<Segment.Kind, Segment> segments, Segment.Kind kind) {
    Segment segment = segments.get(kind);
    return segment == null ? 0 : segment.base();
  }

  private static long align(long value, long alignment) {
    return alignment <= 1 ? value : (value + alignment - 1) & -alignment;
  }
}
