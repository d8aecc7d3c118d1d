package ringside.ebpf.asm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import ringside.ebpf.isa.Insn;

class XlatedDumpTest {
  private static final List<Insn> INSNS =
      Assembler.assemble(
          """
          r1 = 5 ll
          if r1 == 5 goto +1
          r0 = 1
          exit
          """);

  private static final XlatedDump DUMP =
      new XlatedDump(
          new Disassembler(),
          INSNS,
          Map.of(0, "int f(struct xdp_md * ctx)"),
          Map.of(2, new XlatedDump.SourceLine("if (x < y)", "src/f.c", 7, 3)));

  @Test
  void printsWhatBpftoolPrints() {
    assertEquals(
        """
        int f(struct xdp_md * ctx):
           0: (18) r1 = 0x5
        ; if (x < y)
           2: (15) if r1 == 0x5 goto pc+1
           3: (b7) r0 = 1
           4: (95) exit
        """,
        DUMP.plain(false, false));
  }

  @Test
  void addsOpcodesAndLineNumbersWhenAsked() {
    assertEquals(
        """
        int f(struct xdp_md * ctx):
           0: (18) r1 = 0x5
               18 01 00 00 05 00 00 00 00 00 00 00 00 00 00 00
        ; if (x < y) [file:src/f.c line_num:7 line_col:3]
           2: (15) if r1 == 0x5 goto pc+1
               15 01 01 00 05 00 00 00
           3: (b7) r0 = 1
               b7 00 00 00 01 00 00 00
           4: (95) exit
               95 00 00 00 00 00 00 00
        """,
        DUMP.plain(true, true));
  }

  @Test
  void drawsBlocksAndEdges() {
    assertEquals(
        """
        digraph "DOT graph for eBPF program" {
        subgraph "cluster_0" {
        \tstyle="dashed";
        \tcolor="black";
        \tlabel="func_0 ()";
        \tfn_0_bb_0 [shape=Mdiamond,style=filled,label="ENTRY"];

        \tfn_0_bb_2 [shape=record,style=filled,label="{\\
        ; int f(struct xdp_md * ctx):\\l\\
        0: (18) r1 = 0x5\\l\\
        | ; if\\ (x\\ \\<\\ y)\\l\\
        2: (15) if r1 == 0x5 goto pc+1\\l\\
        }"];

        \tfn_0_bb_3 [shape=record,style=filled,label="{\\
        ; if\\ (x\\ \\<\\ y)\\l\\
        3: (b7) r0 = 1\\l\\
        }"];

        \tfn_0_bb_4 [shape=record,style=filled,label="{\\
        ; if\\ (x\\ \\<\\ y)\\l\\
        4: (95) exit\\l\\
        }"];

        \tfn_0_bb_1 [shape=Mdiamond,style=filled,label="EXIT"];

        \tfn_0_bb_0:s -> fn_0_bb_2:n [style="solid,bold", color=black, weight=10, constraint=true];
        \tfn_0_bb_2:s -> fn_0_bb_3:n [style="solid,bold", color=black, weight=10, constraint=true];
        \tfn_0_bb_2:s -> fn_0_bb_4:n [style="solid,bold", color=black, weight=10, constraint=true];
        \tfn_0_bb_3:s -> fn_0_bb_4:n [style="solid,bold", color=black, weight=10, constraint=true];
        \tfn_0_bb_4:s -> fn_0_bb_1:n [style="solid,bold", color=black, weight=10, constraint=true];
        \tfn_0_bb_0:s -> fn_0_bb_1:n [style="invis", constraint=true];
        }
        }
        """,
        new ControlFlowGraph(DUMP).dot(false, false));
  }
}
