/// The error of a target when the engine has broken a promise. Errors of the engine's own types are not findings.
struct Finding: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    /// Runs `body`, which may fail with the errors that the engine promises, and with no others.
    static func allowing<Value>(_ isPromised: (any Error) -> Bool, _ body: () throws -> Value) throws -> Value? {
        do {
            return try body()
        } catch let finding as Finding {
            throw finding
        } catch {
            guard isPromised(error) else { throw Finding("an error of an unexpected type: \(error)") }
            return nil
        }
    }

    static func unless(_ holds: Bool, _ what: @autoclosure () -> String) throws {
        guard holds else { throw Finding(what()) }
    }
}
