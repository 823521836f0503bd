"""What all tables share: the naming of constraints, and the types of keys, instants and numbers."""

from sqlalchemy import BigInteger, Column, Identity, Integer, MetaData, String

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Byte order for ids and keys on both stores: faster, and independent of the server's locale.
Key = String().with_variant(String(collation="C"), "postgresql")
At = BigInteger
Serial = BigInteger().with_variant(Integer, "sqlite")


def serial(name: str) -> Column[int]:
    return Column(name, Serial, Identity(always=False), primary_key=True, autoincrement=True)
