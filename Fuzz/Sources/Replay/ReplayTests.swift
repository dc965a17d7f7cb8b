import Foundation
import Testing

/// Runs every input that is checked in through its target: seeds, and inputs that once broke a promise.
@Suite struct ReplayTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func inputs(_ folder: String, of target: FuzzTarget) -> [URL] {
        let own = root.appendingPathComponent(folder).appendingPathComponent(target.name)
        return (try? FileManager.default.contentsOfDirectory(at: own, includingPropertiesForKeys: nil)) ?? []
    }

    @Test(arguments: FuzzTarget.all.filter(\.isReplayable))
    func `no input that is checked in breaks a promise`(target: FuzzTarget) throws {
        let inputs = ["Corpus", "Regressions"].flatMap { Self.inputs($0, of: target) }
        #expect(!inputs.isEmpty, "\(target.name) has no seeds; run Fuzz/run.sh --seeds")
        for input in inputs {
            let bytes = [UInt8](try Data(contentsOf: input))
            #expect(throws: Never.self, "\(target.name)/\(input.lastPathComponent)") {
                try bytes.withUnsafeBytes(target.run)
            }
        }
    }

    @Test func `a broken promise is seen`() {
        #expect(throws: Finding.self) { try Array("sing".utf8).withUnsafeBytes(FuzzTarget.canary.run) }
    }
}
