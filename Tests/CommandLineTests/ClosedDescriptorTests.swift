import Foundation
import TestSupport
import Testing

/// A detached job may start with the descriptors 0 to 2 closed.
@Suite struct ClosedDescriptorTests {
    @Test(arguments: ["<&- >&- 2>&-", ">&- 2>&-", "2>&-", "<&-"])
    func `no message of a command without standard descriptors gets into its store`(closed: String) throws {
        let folder = TemporaryFolder()
        let input = try folder.write("in.jsonl", Inputs.lines(40) + String(repeating: "bad\n", count: 10))
        let store = folder.path("s.sparse")
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", "\"$0\" load \"$1\" \"$2\" --batch 5 \(closed)", Binary.path, store, input]
        try shell.run()
        shell.waitUntilExit()
        #expect(shell.terminationStatus == 0)
        #expect(try Binary.run("verify", store, "--deep").status == 0)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: store))
        #expect(bytes.range(of: Data("rows were rejected".utf8)) == nil)
        #expect(try Binary.run("search", store, "--terms", "{\"t1\": 1}").status == 0)
    }
}
