import Foundation
import SparseStore
import TestSupport
import Testing

@Suite struct CompactCommandTests {
    @Test func `a store shrinks, says by how much, and is busy while another process has it open`() throws {
        let folder = TemporaryFolder()
        let path = folder.path("s.sparse")
        try Binary.run("load", path, "-", "--quiet", input: Data(Inputs.lines(2_000).utf8))
        do {
            let store = try Store.open(at: path)
            try store.write { for number in 0..<1_900 { try $0.remove("\(number)") } }
            try store.optimize()
            let busy = try Binary.run("compact", path)
            #expect(busy.status == 6)
            #expect(busy.errors.contains("another process"))
            store.close()
        }
        let report = try Binary.run("compact", path, "--json").object()
        let (before, after) = (report["bytes_before"] as? Int ?? 0, report["bytes_after"] as? Int ?? 0)
        #expect(after > 0)
        #expect(after < before / 2)
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int == after)
        #expect(try Binary.run("verify", path, "--deep").status == 0)
        #expect(try Binary.run("compact", path).output.contains(" before, "))
    }
}
