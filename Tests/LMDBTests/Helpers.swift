import LMDB
import SystemPackage
import Testing

extension Environment {
    /// An environment with one table, `t`.
    static func make(
        _ path: FilePath, _ options: EnvironmentOptions = EnvironmentOptions(), tables: [String] = ["t"]
    ) throws -> Environment {
        try open(at: path, options: options, tables: tables) { _, _ in }
    }

    func put(_ key: UInt32, _ value: [UInt8]) throws {
        let table = try table(named: "t")
        try write { try $0.writer.put(table, key, value) }
    }

    func value(_ key: UInt32) throws -> [UInt8]? {
        let table = try table(named: "t")
        let transaction = try beginRead()
        return try transaction.reader.get(table, key).map { [UInt8]($0) }
    }
}

extension EnvironmentOptions {
    init(_ change: (inout EnvironmentOptions) -> Void) {
        self.init()
        change(&self)
    }
}

/// Expects a typed error and returns it, so that its message can be looked at.
@discardableResult
func expectError(
    _ code: LMDBError.Code, _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
) -> LMDBError? {
    do {
        try body()
        Issue.record("no error, expected \(code)", sourceLocation: sourceLocation)
        return nil
    } catch let error as LMDBError {
        #expect(error.code == code, "\(error) \(comment?.rawValue ?? "")", sourceLocation: sourceLocation)
        #expect(!error.message.isEmpty, sourceLocation: sourceLocation)
        #expect(!error.operation.isEmpty, sourceLocation: sourceLocation)
        return error
    } catch {
        Issue.record(error, sourceLocation: sourceLocation)
        return nil
    }
}

struct Interruption: Error, Equatable {}
