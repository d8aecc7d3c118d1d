package ringside.kernel.core;

import ringside.kernel.mm.PageAllocator;
import ringside.kernel.mm.PageTable;
import ringside.kernel.printk.Printk;
import ringside.kernel.text.KernelImage;
import ringside.kernel.time.VirtualClock;

/** What a kernel says of itself while it boots, as far as it is true of this machine. */
final class BootLog {
  /** Where RAM starts in the physical address space, as on QEMU's virt machine. */
  private static final long DRAM_BASE = 0x80000000L;

  private final Printk printk;

  BootLog(Printk printk) {
    this.printk = printk;
  }

  void print(KernelCore.Settings settings, PageAllocator frames) {
    notice("Linux version " + settings.version().banner());
    info("Machine model: ringside,virt");
    long last = DRAM_BASE + settings.ramBytes() - 1;
    String range = "[mem 0x%016x-0x%016x]".formatted(DRAM_BASE, last);
    info("Zone ranges:");
    info("  DMA32    " + range);
    info("  Normal   empty");
    info("Movable zone start for each node");
    info("Early memory node ranges");
    info("  node   0: " + range);
    info("Initmem setup node 0 " + range);
    info("riscv: base ISA extensions acim");
    info("riscv: ELF capabilities acim");
    notice("Kernel command line: " + settings.commandLine());
    info("Built 1 zonelists, mobility grouping on.  Total pages: " + frames.pages());
    info("mem auto-init: stack:off, heap alloc:off, heap free:off");
    info(
        ("Memory: %dK/%dK available (%dK kernel code, %dK rwdata, %dK rodata, 0K init, 0K bss, %dK"
                + " reserved, 0K cma-reserved)")
            .formatted(
                kilobytes(frames.freePages()),
                kilobytes(frames.pages()),
                (KernelImage.RODATA - KernelImage.TEXT) >> 10,
                (KernelImage.END - KernelImage.DATA) >> 10,
                (KernelImage.DATA - KernelImage.RODATA) >> 10,
                kilobytes(frames.pages() - frames.freePages())));
    info("SLUB: HWalign=64, Order=0-3, MinObjects=0, CPUs=1, Nodes=1");
    long loopsPerJiffy = settings.instructionsPerSecond() / VirtualClock.HZ;
    info(
        ("Calibrating delay loop (skipped), value calculated using timer frequency.. %d.%02d"
                + " BogoMIPS (lpj=%d)")
            .formatted(
                loopsPerJiffy / (500_000 / VirtualClock.HZ),
                loopsPerJiffy / (5_000 / VirtualClock.HZ) % 100,
                loopsPerJiffy));
    info("pid_max: default: 32768 minimum: 301");
  }

  private static int kilobytes(int pages) {
    return pages * (PageTable.PAGE_SIZE / 1024);
  }

  private void info(String text) {
    printk.emit(Printk.INFO, text);
  }

  private void notice(String text) {
    printk.emit(Printk.NOTICE, text);
  }
}
