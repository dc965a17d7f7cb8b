import Foundation
import TestSupport
import Testing

@Suite("Hostile input")
struct HostileInputTests {
    /// The most memory that a process of Linux has held so far, in MiB.
    private func peak(_ process: Process) -> Int? {
        let status = try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
        let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 >> 10 }
    }

    @Test
    func `a line of 600 MiB is rejected in bounded memory`() throws {
        let folder = TemporaryFolder()
        let input = try folder.write("in.jsonl", #"{"id": ""#)
        let file = try #require(FileHandle(forWritingAtPath: input))
        // A hole in the file: zeros that take no room.
        try file.truncate(atOffset: 600 << 20)
        let running = try Binary.Running(["load", folder.path("s.sparse"), input])
        var most = 0
        while running.process.isRunning {
            most = max(most, peak(running.process) ?? 0)
            Thread.sleep(forTimeInterval: 0.002)
        }
        let result = try running.finish()
        #expect(result.status == 2)
        #expect(result.errors.contains("the line is longer than"))
        // The longest line that is read has 64 MiB, and is kept twice at most.
        #expect(most < 256, "\(most) MiB")
    }
}
