import Foundation
import TestSupport
import Testing

/// The built command, run as a child process.
struct Binary {
    /// What a run left behind.
    struct Result {
        let status: Int32
        let output: String
        let errors: String

        /// Standard output as a JSON object.
        func object() throws -> [String: Any] {
            let value = try? JSONSerialization.jsonObject(with: Data(output.utf8))
            return try #require(value as? [String: Any], "status \(status), no JSON object: \(output)\(errors)")
        }
    }

    /// The command stands beside the bundle of tests.
    static let path: String = {
        let bundle =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        var folder = URL(fileURLWithPath: bundle).deletingLastPathComponent()
        while folder.path != "/" {
            let candidate = folder.appendingPathComponent("sparsestore").path
            var isDirectory: ObjCBool = false
            if FileManager.default.fileExists(atPath: candidate, isDirectory: &isDirectory), !isDirectory.boolValue {
                return candidate
            }
            folder.deleteLastPathComponent()
        }
        return "sparsestore"
    }()

    /// A process that has been started, with files for what it writes: pipes would fill up.
    final class Running {
        let process = Process()
        private let folder = TemporaryFolder()

        init(_ arguments: [String], input: Any? = nil) throws {
            process.executableURL = URL(fileURLWithPath: Binary.path)
            process.arguments = arguments
            process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.write("out", "")))
            process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.write("err", "")))
            process.standardInput = input ?? FileHandle.nullDevice
            try process.run()
        }

        /// What it has written to standard error so far.
        func errorsSoFar() throws -> String { try folder.read("err") }

        /// Waits for its end.
        func finish() throws -> Result {
            process.waitUntilExit()
            return Result(
                status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
                output: try folder.read("out"), errors: try errorsSoFar())
        }
    }

    /// Runs it to its end.
    @discardableResult
    static func run(_ arguments: String..., input: Data? = nil) throws -> Result {
        try run(arguments, input: input)
    }

    /// The same with an array of arguments.
    static func run(_ arguments: [String], input: Data? = nil) throws -> Result {
        guard let input else { return try Running(arguments).finish() }
        let folder = TemporaryFolder()
        let file = URL(fileURLWithPath: try folder.write("in", input))
        return try Running(arguments, input: try FileHandle(forReadingFrom: file)).finish()
    }
}
