"""Column types that mean the same on SQLite and PostgreSQL.

The problem: SQLite has no UUID, no instant and no day, and a float bound to an integer column is rounded
without a word by PostgreSQL and kept by SQLite. These types write one exact form each and refuse the rest
before it reaches the database.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Date, DateTime, Dialect, LargeBinary, Text, Uuid
from sqlalchemy.types import TypeDecorator, TypeEngine

from ..dates import as_utc, instant_text

__all__ = ["Count", "Day", "Instant", "Key"]


class Count(TypeDecorator[int]):
    """An exact int64; a float, a bool or a decimal is refused before it is bound."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:  # noqa: ARG002  # SQLAlchemy's signature
        """Pass exact ints through."""
        if value is not None and type(value) is not int:
            raise TypeError(f"{value!r} is not an exact int")
        return value


class Key(TypeDecorator[UUID]):
    """A UUID: native on PostgreSQL, 16 bytes on SQLite."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the native type where there is one."""
        return dialect.type_descriptor(
            Uuid(as_uuid=True) if dialect.name == "postgresql" else LargeBinary(16)
        )

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> object:
        """Write the value."""
        return value if value is None or dialect.name == "postgresql" else value.bytes

    def process_result_value(self, value: object, dialect: Dialect) -> UUID | None:  # noqa: ARG002  # SQLAlchemy's signature
        """Read the value."""
        return UUID(bytes=value) if isinstance(value, bytes) else value  # type: ignore[return-value]  # driver's UUID


class Instant(TypeDecorator[datetime]):
    """An instant in UTC: TIMESTAMPTZ on PostgreSQL, canonical text on SQLite."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the native type where there is one."""
        return dialect.type_descriptor(DateTime(timezone=True) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> object:
        """Write the value."""
        if value is None:
            return None
        return as_utc(value) if dialect.name == "postgresql" else instant_text(value)

    def process_result_value(self, value: object, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # SQLAlchemy's signature
        """Read the value."""
        if value is None:
            return None
        return as_utc(value if isinstance(value, datetime) else datetime.fromisoformat(str(value)))


class Day(TypeDecorator[date]):
    """A day: DATE on PostgreSQL, ISO text on SQLite."""

    impl = Date
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the native type where there is one."""
        return dialect.type_descriptor(Date() if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: date | None, dialect: Dialect) -> object:
        """Write the value."""
        return value if value is None or dialect.name == "postgresql" else value.isoformat()

    def process_result_value(self, value: object, dialect: Dialect) -> date | None:  # noqa: ARG002  # SQLAlchemy's signature
        """Read the value."""
        return date.fromisoformat(value) if isinstance(value, str) else value  # type: ignore[return-value]  # driver's date
